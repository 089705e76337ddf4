//! OpenAI's Responses.

use std::net::TcpStream;

use serde_json::{Value, json};

use super::script::{self, Progress};
use super::{Scenario, http, items};

pub(super) fn answer(stream: &TcpStream, body: &Value, scenario: Scenario) {
    let tools: Vec<&str> = items(&body["tools"])
        .iter()
        .filter_map(|tool| tool["name"].as_str().or_else(|| tool["type"].as_str()))
        .collect();
    let mut progress = Progress::default();
    for item in items(&body["input"]) {
        let kind = item["type"].as_str().unwrap_or("message");
        if kind.ends_with("_call_output") {
            progress.tools(1);
        } else if kind == "message" && item["role"] == "user" {
            progress.user(item);
        }
    }
    let call = script::next(&tools, progress, scenario, body);
    let id = format!("{}{}", progress.prompts, progress.done);
    let item = match &call {
        Some(call) => {
            json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": format!("call_{id}"),
            "name": call.name, "arguments": call.arguments.to_string(), "status": "completed"})
        }
        None => {
            json!({"type": "message", "id": format!("msg_{id}"), "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": script::last_words(scenario, true), "annotations": []}]})
        }
    };
    let response = json!({"id": format!("resp_{id}"), "object": "response", "created_at": 1_795_190_000, "model": body["model"],
        "status": "in_progress", "output": []});
    let mut completed = response.clone();
    completed["status"] = json!("completed");
    completed["output"] = json!([item]);
    completed["usage"] = json!({"input_tokens": 1200, "input_tokens_details": {"cached_tokens": 1000}, "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 8}, "total_tokens": 1240});
    if body["stream"] != true {
        return http::json(stream, 200, &[], &completed);
    }
    let mut begun = item.clone();
    begun["status"] = json!("in_progress");
    let mut events = vec![
        json!({"type": "response.created", "response": response}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": begun}),
    ];
    if call.is_none() {
        events.push(json!({"type": "response.output_text.delta", "item_id": item["id"], "output_index": 0, "content_index": 0,
            "delta": script::last_words(scenario, true)}));
    }
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item}));
    events.push(json!({"type": "response.completed", "response": completed}));
    http::events(stream, true, &events);
}
