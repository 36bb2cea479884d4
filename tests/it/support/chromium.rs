//! Chromium without a window, driven over the DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) through a pair of pipes.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::{base64, judges};

/// How long the browser may take for an answer, and a page to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
#[derive(Debug)]
pub struct Page {
    browser: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Page {
    /// Starts a browser with an empty page; none where there is no Chromium.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let program = judges::judge("chromium")?;
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        // The browser reads commands from descriptor 3 and answers on 4; only a shell can put our pipes there.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"]).arg(program);
        shell.args(["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-quic"]);
        shell.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        shell.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-US", "--window-size=1000,700"]);
        if judges::is_root() {
            shell.arg("--no-sandbox");
        }
        shell.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        shell.env("HOME", profile.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut browser = shell.spawn().expect("a shell can be started");
        let commands = browser.stdin.take().expect("it was asked for");
        let output = browser.stdout.take().expect("it was asked for");
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if answer.send(message).is_err() {
                    break;
                }
            }
        });
        let (session, complaints) = (None, Vec::new());
        let mut page = Page { browser, commands, answers, session, last_id: 0, complaints, _profile: profile };
        page.attach();
        Some(page)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let wanted = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", &wanted);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "DOM", "Accessibility"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Sends a command and waits for its answer.
    #[track_caller]
    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        write!(self.commands, "{command}\0").expect("the browser listens");
        loop {
            let mut message = self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == self.last_id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            self.listen(&message["method"], &message["params"]);
        }
    }

    /// Writes down what a page should not have to say: exceptions, and what it wrote to the console as an error.
    fn listen(&mut self, event: &Value, params: &Value) {
        let error = event == "Runtime.consoleAPICalled" && params["type"] == "error";
        if error || event == "Runtime.exceptionThrown" {
            self.complaints.push(params.to_string());
        }
    }

    /// Expects that no script failed since the page was opened.
    #[track_caller]
    pub fn has_no_complaints(&mut self) {
        self.eval("true");
        assert_eq!(self.complaints, [""; 0]);
    }

    /// Runs a script on every page before its own.
    pub fn run_first(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
    }

    /// Makes the system's colours dark or light.
    pub fn darken(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Opens an address and waits until everything is loaded.
    #[track_caller]
    pub fn open(&mut self, url: &str) {
        self.complaints.clear();
        self.call("Page.navigate", &json!({ "url": url }));
        self.wait_for(&format!("document.readyState === 'complete' && location.href === {}", json!(url)));
    }

    /// What an expression gives; a promise is waited for.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let wanted = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", &wanted);
        assert!(answer.get("exceptionDetails").is_none(), "{}\n{expression}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Waits until an expression holds.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) {
        let start = std::time::Instant::now();
        while self.eval(expression) != true {
            if start.elapsed() > PATIENCE {
                panic!("never: {expression}\n{}\n{:?}", self.text(), self.complaints);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the page shows a text.
    #[track_caller]
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// The text that the page shows.
    pub fn text(&mut self) -> String {
        self.eval("document.body.innerText").as_str().expect("text").to_owned()
    }

    /// Clicks in the middle of the control that screen readers know by a role and a name.
    #[track_caller]
    pub fn click(&mut self, role: &str, name: &str) {
        let node = self.control(role, name);
        let object = self.call("DOM.resolveNode", &json!({ "backendNodeId": node }))["object"]["objectId"].clone();
        self.on(&object, "this.hit = false; this.addEventListener('click', () => (this.hit = true), { once: true })");
        // What comes late may move the control away from where it was.
        for _ in 0..20 {
            self.click_once(&node);
            if self.on(&object, "return this.hit") == true {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Calls a function with an object of the page as its `this`.
    #[track_caller]
    fn on(&mut self, object: &Value, body: &str) -> Value {
        let function = format!("function() {{ {body} }}");
        let call = json!({ "objectId": object, "functionDeclaration": function, "returnByValue": true });
        self.call("Runtime.callFunctionOn", &call)["result"]["value"].clone()
    }

    #[track_caller]
    fn click_once(&mut self, node: &Value) {
        self.call("DOM.scrollIntoViewIfNeeded", &json!({ "backendNodeId": node }));
        let quads = self.call("DOM.getContentQuads", &json!({ "backendNodeId": node }));
        let corner = |index: usize| quads["quads"][0][index].as_f64().expect("a visible control has corners");
        let (x, y) = ((corner(0) + corner(4)) / 2.0, (corner(1) + corner(5)) / 2.0);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    #[track_caller]
    fn control(&mut self, role: &str, name: &str) -> Value {
        let document = self.call("DOM.getDocument", &json!({ "depth": 0 }));
        let wanted = json!({ "nodeId": document["root"]["nodeId"], "role": role, "accessibleName": name });
        let found = self.call("Accessibility.queryAXTree", &wanted);
        let nodes = found["nodes"].as_array().expect("nodes");
        let nodes: Vec<_> = nodes.iter().filter(|node| node["ignored"] == false).collect();
        assert_eq!(nodes.len(), 1, "one {role} `{name}` on\n{}", self.text());
        nodes[0]["backendDOMNodeId"].clone()
    }

    /// Replaces what a text box holds.
    #[track_caller]
    pub fn fill(&mut self, name: &str, text: &str) {
        let node = self.control("textbox", name);
        self.call("DOM.focus", &json!({ "backendNodeId": node }));
        self.eval("document.activeElement.select()");
        self.insert(text);
    }

    /// Types a text where the keyboard's focus is.
    pub fn insert(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Presses a key: `Tab`, `Enter` or `Space`.
    pub fn press(&mut self, key: &str) {
        let (key, code, number, text) = match key {
            "Enter" => ("Enter", "Enter", 13, "\r"),
            "Space" => (" ", "Space", 32, " "),
            other => (other, other, 9, ""),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let event = json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "text": text,
            });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// The role and the name of what has the keyboard's focus, as screen readers know it.
    pub fn focused(&mut self) -> String {
        let element = self.call("Runtime.evaluate", &json!({ "expression": "document.activeElement" }));
        let wanted = json!({ "objectId": element["result"]["objectId"], "fetchRelatives": false });
        let found = self.call("Accessibility.getPartialAXTree", &wanted);
        let node = &found["nodes"][0];
        let word = |key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
        format!("{} {}", word("role"), word("name"))
    }

    /// Keeps a picture of the whole page.
    #[track_caller]
    pub fn photograph(&mut self, file: &Path) {
        let picture = self.call("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        let bytes = base64::decoded(picture["data"].as_str().expect("base64"));
        super::files::write(file, &bytes);
    }

    /// What axe (<https://github.com/dequelabs/axe-core>) finds serious or critical on the page, one a line.
    #[track_caller]
    pub fn axe(&mut self, axe: &str) -> String {
        self.eval(&format!("{axe}; true"));
        let found = self.eval("axe.run(document, { resultTypes: ['violations'] })");
        let mut told = String::new();
        for violation in found["violations"].as_array().expect("violations") {
            if violation["impact"] == "serious" || violation["impact"] == "critical" {
                for node in violation["nodes"].as_array().expect("nodes") {
                    writeln!(told, "{}: {} {}", violation["id"], node["html"], node["failureSummary"]).expect("text");
                }
            }
        }
        assert!(!found["testEngine"]["name"].is_null(), "axe has run");
        told
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // It ends its own processes when it is told to; what is left when it has ended is nothing.
        let close = json!({ "id": 0, "method": "Browser.close" });
        let told = write!(self.commands, "{close}\0");
        if told.is_err() {
            let _ = self.browser.kill();
        }
        let _ = self.browser.wait();
    }
}
