//! OpenAI's chat, which OpenRouter and the other providers of DeepSeek speak.

use std::net::TcpStream;

use serde_json::{Value, json};

use super::script::{self, Progress};
use super::{Scenario, http, items};

pub(super) fn answer(stream: &TcpStream, body: &Value, scenario: Scenario) {
    let tools: Vec<&str> =
        items(&body["tools"]).iter().filter_map(|tool| tool["function"]["name"].as_str()).collect();
    let mut progress = Progress::default();
    for message in items(&body["messages"]) {
        match message["role"].as_str() {
            Some("tool") => progress.tools(1),
            Some("user") => progress.user(message),
            _ => {}
        }
    }
    let call = script::next(&tools, progress, scenario, body);
    let finish = if call.is_some() { "tool_calls" } else { "stop" };
    let dear = if scenario == Scenario::NeverEnds { 100_000 } else { 1200 };
    let usage = json!({"prompt_tokens": dear, "completion_tokens": 40, "total_tokens": dear + 40,
        "prompt_tokens_details": {"cached_tokens": 1000}});
    let calls = call.map(|call| {
        json!([{"index": 0, "id": format!("call_{}{}", progress.prompts, progress.done), "type": "function",
            "function": {"name": call.name, "arguments": call.arguments.to_string()}}])
    });
    let mut message = json!({"role": "assistant", "content": script::last_words(scenario, true)});
    if let Some(calls) = calls {
        message["content"] = Value::Null;
        message["tool_calls"] = calls;
    }
    let base = |choices: Value, object: &str| json!({"id": "chatcmpl-mock", "created": 1_795_190_000, "model": body["model"], "object": object, "choices": choices});
    if body["stream"] != true {
        let choices = json!([{"index": 0, "message": message, "finish_reason": finish}]);
        let mut whole = base(choices, "chat.completion");
        whole["usage"] = usage;
        return http::json(stream, 200, &[], &whole);
    }
    let chunk = "chat.completion.chunk";
    let mut last = base(json!([]), chunk);
    last["usage"] = usage;
    http::events(
        stream,
        false,
        &[
            base(json!([{"index": 0, "delta": message, "finish_reason": null}]), chunk),
            base(json!([{"index": 0, "delta": {}, "finish_reason": finish}]), chunk),
            last,
            json!("[DONE]"),
        ],
    );
}
