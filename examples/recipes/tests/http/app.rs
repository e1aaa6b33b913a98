//! An app: JSON and bearer tokens.

use reqwest::RequestBuilder;
use second_factor::{KeyUri, Refusal};
use serde_json::{Value, json};

use crate::client::{Answer, Client, Remember};
use crate::service::DEADLINE;

#[derive(Clone)]
pub struct App {
    http: reqwest::Client,
    origin: String,
    bearer: Option<String>,
    challenge: Option<String>,
    device: Option<String>,
}

impl App {
    async fn post(&mut self, path: &str, body: Value) -> Answer {
        let answer = self.send(self.http.post(format!("{}{path}", self.origin)).json(&body)).await;
        let told = |name: &str| answer.get(name).cloned();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(challenge) = told("code_required") {
            (self.challenge, self.bearer) = (text(&challenge), None);
            Answer::CodeRequired
        } else if let Some(told) = told("logged_in") {
            self.bearer = text(&told["bearer"]);
            self.device = text(&told["device"]).or(self.device.take());
            Answer::LoggedIn
        } else if let Some(told) = told("enroll") {
            self.bearer = text(&told["bearer"]);
            let uri = KeyUri::parse(told["key_uri"].as_str().unwrap()).unwrap();
            Answer::Enroll(uri.secret().to_base32().expose().to_owned())
        } else if let Some(codes) = told("recovery_codes") {
            Answer::RecoveryCodes(codes.as_array().unwrap().iter().filter_map(text).collect())
        } else if answer == "logged_out" || answer["code"] == "log_in" {
            Answer::LogIn
        } else {
            Answer::Refused(answer["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned())
        }
    }

    async fn send(&self, request: RequestBuilder) -> Value {
        let request = match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert!(!response.status().is_server_error(), "{}", response.status());
        assert!(response.headers().get("set-cookie").is_none());
        assert_eq!(response.headers()["cache-control"], "no-store");
        response.json().await.unwrap()
    }
}

impl Client for App {
    const SESSIONS_ADD_UP: bool = true;

    fn new(origin: &str) -> Self {
        let http = reqwest::Client::builder().timeout(DEADLINE).build().unwrap();
        Self { http, origin: origin.to_owned(), bearer: None, challenge: None, device: None }
    }

    async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        let device = self.device.clone();
        self.post("/login", json!({ "name": name, "password": password, "device": device })).await
    }

    async fn code(&mut self, code: &str, remember: Remember) -> Answer {
        let challenge = self.challenge.clone();
        let remember = matches!(remember, Remember::ThisDevice).then_some("Pixel 9");
        self.post("/login/code", json!({ "challenge": challenge, "code": code, "remember": remember })).await
    }

    async fn log_out(&mut self) {
        assert_eq!(self.post("/logout", json!({})).await, Answer::LogIn);
    }

    async fn account(&mut self) -> Option<String> {
        let answer = self.send(self.http.get(format!("{}/account", self.origin))).await;
        let told = answer.get("account")?;
        Some(format!("{}, {}", told["name"].as_str()?, told["session"]["text"].as_str()?))
    }

    async fn enable(&mut self, password: &str) -> Answer {
        self.post("/account/two-factor", json!({ "password": password })).await
    }

    async fn confirm(&mut self, code: &str) -> Answer {
        self.post("/account/two-factor/confirm", json!({ "code": code })).await
    }

    async fn change_password(&mut self, password: &str, new: &str, code: &str) -> Answer {
        let body = json!({ "password": password, "new_password": new, "code": code });
        self.post("/account/password", body).await
    }

    fn already_done() -> Answer {
        Answer::Refused(Refusal::AlreadyDone.in_words())
    }

    fn session(&self) -> Option<&str> {
        self.bearer.as_deref()
    }
}
