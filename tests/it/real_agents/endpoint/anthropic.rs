//! Anthropic's Messages.

use std::net::TcpStream;

use serde_json::{Value, json};

use super::script::{self, Progress};
use super::{Scenario, http, items};

pub(super) fn answer(stream: &TcpStream, body: &Value, scenario: Scenario) {
    let tools: Vec<&str> =
        items(&body["tools"]).iter().filter_map(|tool| tool["name"].as_str()).collect();
    let mut progress = Progress::default();
    for message in items(&body["messages"]).iter().filter(|m| m["role"] == "user") {
        let parts = items(&message["content"]);
        let answers = parts.iter().filter(|part| part["type"] == "tool_result").count();
        if answers == 0 {
            progress.user(message);
        }
        progress.tools(answers);
    }
    let call = script::next(&tools, progress, scenario, body);
    let dear = if scenario == Scenario::NeverEnds { 40_000 } else { 120 };
    let usage = json!({"input_tokens": dear, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 1000, "output_tokens": 1});
    let id = format!("{}{}", progress.prompts, progress.done);
    let said = script::last_words(scenario, !tools.is_empty());
    let (block, stop, output) = match &call {
        Some(call) => (
            json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": call.name, "input": call.arguments}),
            "tool_use",
            40,
        ),
        None => (json!({"type": "text", "text": said}), "end_turn", 15),
    };
    let message = json!({"id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": body["model"],
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
    if body["stream"] != true {
        let mut whole = message;
        whole["content"] = json!([block]);
        whole["stop_reason"] = json!(stop);
        whole["usage"]["output_tokens"] = json!(output);
        return http::json(stream, 200, &[], &whole);
    }
    let (start, delta) = match &call {
        Some(call) => {
            let mut start = block.clone();
            start["input"] = json!({});
            let input = call.arguments.to_string();
            (start, json!({"type": "input_json_delta", "partial_json": input}))
        }
        None => (
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": block["text"]}),
        ),
    };
    http::events(
        stream,
        true,
        &[
            json!({"type": "message_start", "message": message}),
            json!({"type": "content_block_start", "index": 0, "content_block": start}),
            json!({"type": "content_block_delta", "index": 0, "delta": delta}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": output}}),
            json!({"type": "message_stop"}),
        ],
    );
}
