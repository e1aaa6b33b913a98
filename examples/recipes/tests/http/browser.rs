//! A browser: cookies and forms, for the recipes that answer in pages.

use std::collections::BTreeMap;

use reqwest::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};

use crate::client::{Answer, Client, Remember};
use crate::service::DEADLINE;

#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: StatusCode,
    to: Option<String>,
    text: String,
}

impl Browser {
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.origin)).form(fields);
        let Page { status, to, text } = self.send(request).await;
        match (status, to.as_deref()) {
            (StatusCode::SEE_OTHER, Some("/account")) => Answer::LoggedIn,
            (StatusCode::SEE_OTHER, Some("/login/code")) => Answer::CodeRequired,
            (StatusCode::SEE_OTHER, Some("/login")) => Answer::LogIn,
            _ if status.is_client_error() => Answer::Refused(text),
            (StatusCode::OK, _) => {
                match text.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")) {
                    Some((key, _)) => Answer::Enroll(key.to_owned()),
                    None => Answer::RecoveryCodes(text.lines().map(str::to_owned).collect()),
                }
            }
            _ => panic!("{status} to {to:?}: {text}"),
        }
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for header in response.headers().get_all(SET_COOKIE) {
            let header = header.to_str().unwrap();
            let (name, rest) = header.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                let is_there = attributes.split("; ").any(|found| found.trim() == attribute);
                assert!(is_there || value.is_empty(), "no {attribute} in {header}");
            }
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        // Forms without a secret are not checked here.
        let has_secrets =
            response.url().path().starts_with("/account") || response.headers().contains_key(SET_COOKIE);
        assert!(
            !has_secrets || response.headers().get(CACHE_CONTROL).is_some_and(|value| value == "no-store")
        );
        let (status, to) = (response.status(), response.headers().get(LOCATION).cloned());
        let to = to.map(|to| to.to_str().unwrap().to_owned());
        Page { status, to, text: response.text().await.unwrap() }
    }
}

impl Client for Browser {
    const SESSIONS_ADD_UP: bool = false;

    fn new(origin: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(DEADLINE).build().unwrap();
        Self { http, origin: origin.to_owned(), cookies: BTreeMap::new() }
    }

    async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/login", &[("name", name), ("password", password)]).await
    }

    async fn code(&mut self, code: &str, remember: Remember) -> Answer {
        match remember {
            Remember::No => self.post("/login/code", &[("code", code)]).await,
            Remember::ThisDevice => {
                self.post("/login/code", &[("code", code), ("remember", "Firefox on Linux")]).await
            }
        }
    }

    async fn log_out(&mut self) {
        assert_eq!(self.post("/logout", &[]).await, Answer::LogIn);
    }

    async fn account(&mut self) -> Option<String> {
        let request = self.http.get(format!("{}/account", self.origin));
        let Page { status, to, text } = self.send(request).await;
        match status {
            StatusCode::OK => Some(text),
            StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT
                if to.as_deref()?.starts_with("/login") =>
            {
                None
            }
            _ => panic!("{status} to {to:?}: {text}"),
        }
    }

    async fn enable(&mut self, password: &str) -> Answer {
        self.post("/account/two-factor", &[("password", password)]).await
    }

    async fn confirm(&mut self, code: &str) -> Answer {
        self.post("/account/two-factor/confirm", &[("code", code)]).await
    }

    async fn change_password(&mut self, password: &str, new: &str, code: &str) -> Answer {
        let fields = [("password", password), ("new_password", new), ("code", code)];
        self.post("/account/password", &fields).await
    }

    fn already_done() -> Answer {
        Answer::LoggedIn
    }

    fn session(&self) -> Option<&str> {
        self.cookies.get("__Host-session").map(String::as_str)
    }
}
