//! Gemini's `GenerateContent`.

use std::net::TcpStream;

use serde_json::json;

use super::http::Request;
use super::script::{self, Progress};
use super::{Scenario, http, items};

pub(super) fn answer(stream: &TcpStream, request: &Request, scenario: Scenario) {
    let body = &request.body;
    let groups = items(&body["tools"]);
    let declared = groups.iter().flat_map(|group| items(&group["functionDeclarations"]));
    let tools: Vec<&str> = declared.filter_map(|tool| tool["name"].as_str()).collect();
    let mut progress = Progress::default();
    for content in items(&body["contents"]).iter().filter(|c| c["role"] != "model") {
        let parts = items(&content["parts"]);
        let answers = parts.iter().filter(|part| part.get("functionResponse").is_some()).count();
        if answers == 0 {
            progress.user(content);
        }
        progress.tools(answers);
    }
    let call = script::next(&tools, progress, scenario, body);
    // Questions of the program's own, for example which model is to be asked, want a document.
    let small = json!({"complexity_reasoning": "x", "complexity_score": 10, "reasoning": "x", "model_choice": "flash",
        "next_speaker": "user"});
    let part = match call {
        Some(call) => {
            json!({"functionCall": {"id": format!("fc{}{}", progress.prompts, progress.done), "name": call.name,
            "args": call.arguments}})
        }
        None if tools.is_empty() => json!({"text": small.to_string()}),
        None => json!({"text": script::last_words(scenario, true)}),
    };
    let whole = json!({
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1200, "cachedContentTokenCount": 1000, "candidatesTokenCount": 40,
            "totalTokenCount": 1240},
        "modelVersion": "mock",
        "responseId": format!("r{}", progress.done),
    });
    if request.path.contains("streamGenerateContent") {
        http::events(stream, false, &[whole]);
    } else {
        http::json(stream, 200, &[], &whole);
    }
}
