//! Every shape of metadata.json that real extensions have. The variants are numbered as in the survey that they
//! come from: V1 to V17 are shapes of `host.binaries`, P1 and on are shapes of the rest.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use super::metadata_json;
use crate::manifest::testing::{extension, ordinary_table};

fn metadata(toml: &str) -> Value {
    serde_json::from_slice(&metadata_json(&extension(toml))).expect("JSON")
}

fn check_binaries(variant: &str, toml: &str, binaries: Value) {
    assert_eq!(metadata(toml), json!({ "host": { "binaries": binaries } }), "{variant}");
}

fn check(variant: &str, toml: &str, expected: Value) {
    assert_eq!(metadata(toml), expected, "{variant}");
}

#[test]
fn the_ordinary_table() {
    let extension = extension(&ordinary_table());
    let text = String::from_utf8(metadata_json(&extension)).expect("UTF-8");
    assert_data_eq!(
        text,
        str![[r#"
{
  "icon": "icon.svg",
  "vm": {
    "image": "${DESKTOP_PLUGIN_IMAGE}",
    "exposes": {
      "socket": "backend.sock"
    }
  },
  "ui": {
    "dashboard-tab": {
      "title": "Disk Usage",
      "root": "ui",
      "src": "index.html"
    }
  },
  "host": {
    "binaries": [
      {
        "darwin": [
          {
            "path": "/darwin/dutool"
          }
        ],
        "windows": [
          {
            "path": "/windows/dutool.exe"
          }
        ],
        "linux": [
          {
            "path": "/linux/dutool"
          }
        ]
      },
      {
        "darwin": [
          {
            "path": "/darwin/kubectl"
          }
        ],
        "windows": [
          {
            "path": "/windows/kubectl.exe"
          }
        ],
        "linux": [
          {
            "path": "/linux/kubectl"
          }
        ]
      },
      {
        "darwin": [
          {
            "path": "/host/darwin/run.sh"
          }
        ],
        "windows": [
          {
            "path": "/host/windows/run.cmd"
          }
        ],
        "linux": [
          {
            "path": "/host/linux/run.sh"
          }
        ]
      }
    ],
    "x-rd-install": {
      "linux": "/install.sh"
    }
  }
}

"#]]
    );
}

#[test]
fn v1_to_v4_plain_groups() {
    check_binaries("V1 an empty list", "host = []", json!([]));
    check_binaries(
        "V2 one file for each system, from Cargo",
        "[[host]]\nbin = 'dutool'",
        json!([{"darwin":[{"path":"/darwin/dutool"}],"windows":[{"path":"/windows/dutool.exe"}],"linux":[{"path":"/linux/dutool"}]}]),
    );
    check_binaries(
        "V2 one file for each system, listed",
        "[[host]]\ndarwin = ['/darwin/tool']\nwindows = ['/windows/tool.exe']\nlinux = ['/linux/tool']",
        json!([{"darwin":[{"path":"/darwin/tool"}],"windows":[{"path":"/windows/tool.exe"}],"linux":[{"path":"/linux/tool"}]}]),
    );
    check_binaries(
        "V3 several files in one group",
        "[[host]]\nbin = ['dutool', 'extra-tool']",
        json!([{
            "darwin":[{"path":"/darwin/dutool"},{"path":"/darwin/extra-tool"}],
            "windows":[{"path":"/windows/dutool.exe"},{"path":"/windows/extra-tool.exe"}],
            "linux":[{"path":"/linux/dutool"},{"path":"/linux/extra-tool"}],
        }]),
    );
    check_binaries(
        "V4 several groups",
        "[[host]]\nbin = 'extra-tool'\n[[host]]\nbin = 'dutool'",
        json!([
            {"linux":[{"path":"/linux/extra-tool"}],"darwin":[{"path":"/darwin/extra-tool"}],"windows":[{"path":"/windows/extra-tool.exe"}]},
            {"linux":[{"path":"/linux/dutool"}],"darwin":[{"path":"/darwin/dutool"}],"windows":[{"path":"/windows/dutool.exe"}]},
        ]),
    );
}

#[test]
fn v5_to_v9_systems_and_paths() {
    check_binaries(
        "V5 a group for one system among full groups",
        "[[host]]\nbin = 'dutool'\n[[host]]\nfile = 'host/setup.bat'\nos = 'windows'\npath = '/host/{os}/{file}'",
        json!([
            {"linux":[{"path":"/linux/dutool"}],"darwin":[{"path":"/darwin/dutool"}],"windows":[{"path":"/windows/dutool.exe"}]},
            {"windows":[{"path":"/host/windows/setup.bat"}]},
        ]),
    );
    check_binaries(
        "V6 a system without files",
        "[[host]]\nbin = 'dutool'\nos = ['windows', 'darwin']",
        json!([{"darwin":[{"path":"/darwin/dutool"}],"windows":[{"path":"/windows/dutool.exe"}]}]),
    );
    check_binaries(
        "V7 scripts for Windows only",
        "[[host]]\nfile = { windows = ['scripts/tool.cmd', 'scripts/step.ps1'] }\npath = '/host/{os}/{file}'",
        json!([{"windows":[{"path":"/host/windows/tool.cmd"},{"path":"/host/windows/step.ps1"}]}]),
    );
    check_binaries(
        "V8 one path for two systems",
        "[[host]]\nfile = { darwin = 'tool.sh', linux = 'tool.sh', windows = 'tool.cmd' }\npath = '/host/{file}'",
        json!([{"darwin":[{"path":"/host/tool.sh"}],"linux":[{"path":"/host/tool.sh"}],"windows":[{"path":"/host/tool.cmd"}]}]),
    );
    check_binaries(
        "V8 one data file for all systems",
        "[[host]]\nfile = 'conf/app.properties'\npath = 'host/{name}.properties'",
        json!([{
            "darwin":[{"path":"host/app.properties"}],
            "windows":[{"path":"host/app.properties"}],
            "linux":[{"path":"host/app.properties"}],
        }]),
    );
    check_binaries(
        "V9 a CPU in the name of a folder",
        "[[host]]\nbin = 'dutool'\npath = '/host/{os}-amd64/{bin}{exe}'",
        json!([{
            "darwin":[{"path":"/host/darwin-amd64/dutool"}],
            "linux":[{"path":"/host/linux-amd64/dutool"}],
            "windows":[{"path":"/host/windows-amd64/dutool.exe"}],
        }]),
    );
}

#[test]
fn v10_both_cpus_in_every_image() {
    check_binaries(
        "V10 as listed",
        r#"
        [[host]]
        darwin = ["/darwin/check.sh", "/darwin/tool-darwin-amd", "/darwin/tool-darwin-arm"]
        linux = ["/linux/tool-linux-amd", "/linux/tool-linux-arm"]
        windows = ["/windows/tool-windows-amd.exe"]
        [[files]]
        source = "prebuilt/darwin"
        path = "/darwin"
        "#,
        json!([{
            "darwin":[{"path":"/darwin/check.sh"},{"path":"/darwin/tool-darwin-amd"},{"path":"/darwin/tool-darwin-arm"}],
            "linux":[{"path":"/linux/tool-linux-amd"},{"path":"/linux/tool-linux-arm"}],
            "windows":[{"path":"/windows/tool-windows-amd.exe"}],
        }]),
    );
    check_binaries(
        "V10 from Cargo",
        "[[host]]\nbin = 'dutool'\nos = ['darwin', 'windows']\nall-arches = true\npath = '/{os}/{bin}-{os}-{arch}{exe}'",
        json!([{
            "darwin":[{"path":"/darwin/dutool-darwin-amd64"},{"path":"/darwin/dutool-darwin-arm64"}],
            "windows":[{"path":"/windows/dutool-windows-amd64.exe"},{"path":"/windows/dutool-windows-arm64.exe"}],
        }]),
    );
}

#[test]
fn v11_to_v14_trees_and_foreign_shapes() {
    check_binaries(
        "V11 a tree with its folders",
        "[[host]]\nwindows = ['/windows/', '/windows/tool.exe', '/windows/lib/', '/windows/lib/x.dll']",
        json!([{"windows":[{"path":"/windows/"},{"path":"/windows/tool.exe"},{"path":"/windows/lib/"},{"path":"/windows/lib/x.dll"}]}]),
    );
    check_binaries(
        "V12 keys of another tool",
        "[[host]]\nextra = { name = 'tool', cmd = 'tool' }",
        json!([{"name":"tool","cmd":"tool"}]),
    );
    check_binaries(
        "V13 macOS only",
        "[[host]]\ndarwin = ['/darwin/tool']",
        json!([{"darwin":[{"path":"/darwin/tool"}]}]),
    );
    check_binaries(
        "V13 macOS and Linux",
        "[[host]]\nbin = 'dutool'\nos = ['darwin', 'linux']",
        json!([{"darwin":[{"path":"/darwin/dutool"}],"linux":[{"path":"/linux/dutool"}]}]),
    );
    check_binaries(
        "V14 no system, among others",
        "[[host]]\ndarwin = ['/darwin/tool']\n[[host]]\nextra.path = '/usr/bin/tool'",
        json!([{"darwin":[{"path":"/darwin/tool"}]},{"path":"/usr/bin/tool"}]),
    );
    check_binaries(
        "an empty list keeps its key",
        "[[host]]\ndarwin = ['/darwin/tool']\nlinux = []",
        json!([{"darwin":[{"path":"/darwin/tool"}],"linux":[]}]),
    );
}

#[test]
fn v15_shapes_before_the_first_release() {
    check_binaries(
        "V15 strings",
        "[[host]]\nextra.darwin = '/darwin/a'\n[[host]]\nextra.darwin = '/darwin/b'",
        json!([{"darwin":"/darwin/a"},{"darwin":"/darwin/b"}]),
    );
    check_binaries(
        "V15 objects and commands",
        r#"
        [[host]]
        extra.darwin = { path = "/darwin/a" }
        extra.windows = { command = "powershell", args = ["install.ps1"] }
        [[host]]
        extra.darwin = { path = "/darwin/b" }
        "#,
        json!([{"darwin":{"path":"/darwin/a"},"windows":{"command":"powershell","args":["install.ps1"]}},{"darwin":{"path":"/darwin/b"}}]),
    );
    check_binaries(
        "V15 assets",
        "[[host]]\nextra.windows = { assetsPath = '/windows', script = 'install.ps1', command = 'powershell' }",
        json!([{"windows":{"assetsPath":"/windows","script":"install.ps1","command":"powershell"}}]),
    );
    check_binaries(
        "V15 a command beside the path",
        "[[host]]\nextra.windows = [{ path = '/windows', command = 'powershell', args = ['install.ps1'] }]",
        json!([{"windows":[{"path":"/windows","command":"powershell","args":["install.ps1"]}]}]),
    );
    check_binaries(
        "V15 an installer; what `extra` has replaces a list",
        r#"
        [[host]]
        windows = ["/windows/a.exe"]
        extra.windows = [
            { path = "/windows/a.exe" },
            { path = "/windows", install = { command = "./windows/install.ps1", requiresAdmin = true } },
        ]
        "#,
        json!([{"windows":[{"path":"/windows/a.exe"},{"path":"/windows","install":{"command":"./windows/install.ps1","requiresAdmin":true}}]}]),
    );
}

#[test]
fn v16_and_v17_further_keys() {
    check(
        "V16 a key beside binaries",
        "extra.host.permissions = [{ connect.allowed = ['*'] }]\n[[host]]\nlinux = ['/linux/tool']",
        json!({"host":{"binaries":[{"linux":[{"path":"/linux/tool"}]}],"permissions":[{"connect":{"allowed":["*"]}}]}}),
    );
    check_binaries(
        "V17 a name and a CPU",
        "[[host]]\nextra = { name = 'tool', darwin = [{ path = '/darwin/tool', arch = 'arm64' }] }",
        json!([{"name":"tool","darwin":[{"path":"/darwin/tool","arch":"arm64"}]}]),
    );
    check("an object without binaries", "extra.host = {}", json!({"host":{}}));
    check(
        "Rancher Desktop's keys",
        "host = []\nextra.host.x-rd-install = { linux = ['/install.sh', '-y'] }",
        json!({"host":{"binaries":[],"x-rd-install":{"linux":["/install.sh","-y"]}}}),
    );
}

#[test]
fn p_icon_and_root() {
    check("P1 only `extra`", "extra.ui = { dashboard-tab.title = 'x' }", json!({"ui":{"dashboard-tab":{"title":"x"}}}));
    check("P2 an icon", "icon = 'assets/icon.svg'\nvm = {}", json!({"icon":"icon.svg","vm":{}}));
    check(
        "P3 an icon's spelling",
        "icon = { source = 'assets/icon.PNG', path = '/img/icon.PNG' }\nvm = {}",
        json!({"icon":"/img/icon.PNG","vm":{}}),
    );
    check(
        "P4 unknown keys",
        "extra = { name = 'x', provider = 'y', vm = { port = 1 } }\nvm = {}",
        json!({"name":"x","provider":"y","vm":{"port":1}}),
    );
}

#[test]
fn p_ui() {
    let tab = |tab: Value| json!({ "ui": { "dashboard-tab": tab } });
    check("P5 defaults", "ui = {}", tab(json!({"title":"Disk Usage","root":"ui","src":"index.html"})));
    for (root, src) in [
        ("ui", "/index.html"),
        ("/ui", "./v2/index.html"),
        ("/client", "index.html?v0.4.0"),
        ("build", "index.html"),
        ("/usr/share/nginx/html", "index.html"),
        ("ui", "https://example.com/#/tab"),
    ] {
        check(
            "P6 spellings",
            &format!("ui = {{ title = 'Tool', root = '{root}', src = '{src}' }}"),
            tab(json!({"title":"Tool","root":root,"src":src})),
        );
    }
    check(
        "P7 sockets of the tab",
        "ui = { backend-socket = 'a.sock', extra = { backend = { tcp = '9000' } } }",
        tab(json!({"title":"Disk Usage","root":"ui","src":"index.html","backend":{"socket":"a.sock","tcp":"9000"}})),
    );
    check(
        "P8 further keys",
        "ui.extra.kwasm = true\nextra.ui.settings = { a = 1.5 }",
        json!({"ui":{
            "dashboard-tab":{"title":"Disk Usage","root":"ui","src":"index.html","kwasm":true},
            "settings":{"a":1.5},
        }}),
    );
}

#[test]
fn p_vm() {
    let own = "${DESKTOP_PLUGIN_IMAGE}";
    for (toml, expected) in [
        ("vm = {}", json!({})),
        ("vm.image = '${DESKTOP_PLUGIN_IMAGE}'", json!({"image":own})),
        ("vm.image = 'ghcr.io/example/x:1.0'", json!({"image":"ghcr.io/example/x:1.0"})),
        ("vm.bin = 'disk-usage-backend'", json!({"image":own})),
        ("vm.base = 'alpine:3.20'", json!({"image":own})),
        (
            "vm = { bin = 'disk-usage-backend', image = 'example/x', socket = 'a.sock' }",
            json!({"image":"example/x","exposes":{"socket":"a.sock"}}),
        ),
        ("vm.composefile = 'docker-compose.yaml'", json!({"composefile":"docker-compose.yaml"})),
        ("vm.composefile = '/docker-compose.yaml'", json!({"composefile":"/docker-compose.yaml"})),
        ("vm.composefile = 'vm/extension-compose.yml'", json!({"composefile":"vm/extension-compose.yml"})),
        (
            "vm.composefile = { source = '../shared/c.yaml', path = 'compose.yaml' }",
            json!({"composefile":"compose.yaml"}),
        ),
        (
            "vm = { bin = 'disk-usage-backend', composefile = 'compose.yaml', socket = 'a.sock' }",
            json!({"composefile":"compose.yaml","exposes":{"socket":"a.sock"}}),
        ),
        (
            "vm = { image = '${DESKTOP_PLUGIN_IMAGE}', composefile = 'compose.yaml' }",
            json!({"image":own,"composefile":"compose.yaml"}),
        ),
        (
            "vm.extra = { isolation = 'dockerd', exposes = { named-pipe = 'x' } }",
            json!({"isolation":"dockerd","exposes":{"named-pipe":"x"}}),
        ),
    ] {
        check(toml, toml, json!({ "vm": expected }));
    }
}

#[test]
fn programs_of_others_are_listed_like_own_ones() {
    let hash = "0".repeat(64);
    check_binaries(
        "Docker's kubectl example",
        &format!(
            r#"
            [[host]]
            name = "kubectl"
            url = "https://dl.example.com/release/v1.31.0/bin/{{os}}/{{arch}}/kubectl{{exe}}"
            fallback = {{ windows-arm64 = "windows-amd64" }}
            [host.sha256]
            darwin-amd64 = "{hash}"
            darwin-arm64 = "{hash}"
            windows-amd64 = "{hash}"
            linux-amd64 = "{hash}"
            linux-arm64 = "{hash}"
            "#
        ),
        json!([{
            "darwin":[{"path":"/darwin/kubectl"}],
            "windows":[{"path":"/windows/kubectl.exe"}],
            "linux":[{"path":"/linux/kubectl"}],
        }]),
    );
}
