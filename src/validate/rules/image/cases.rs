//! Views that break one rule about the image, and views that nearly do.

use crate::domain::Arch;
use crate::image::document::RunsOn;
use crate::validate::testing::Case;
use crate::validate::view::{Entry, Trouble};

fn entry(platform: &str, attestation: bool) -> Entry {
    Entry {
        platform: Some(platform.to_owned()),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        attestation,
    }
}

pub const CASES: &[Case] = &[
    Case {
        rule: "E33",
        name: "one CPU",
        breaks: |it| {
            it.platforms.remove(1);
            it.entries.remove(1);
        },
        says: "error the image: the image lacks linux/arm64; it has linux/amd64",
        near: |it| {
            // An engine holds one of several.
            it.platforms.remove(1);
            it.entries.remove(1);
            it.complete = false;
        },
    },
    Case {
        rule: "E33",
        name: "not Linux",
        breaks: |it| it.entries.push(entry("windows/amd64", false)),
        says: "the image has the platform `windows/amd64`, which is not Linux",
        near: |it| {
            it.platforms[1].runs_on.variant = Some("v8".to_owned());
            it.entries[1] = entry("linux/arm64/v8", false);
            it.entries.push(entry("linux/riscv64", false));
        },
    },
    Case {
        rule: "W34",
        name: "BuildKit's entries",
        breaks: |it| it.entries.extend([entry("unknown/unknown", true), entry("unknown/unknown", true)]),
        says: "warning the image: the index has 2 attestation entries",
        near: |it| it.entries.clear(),
    },
    Case {
        rule: "E35",
        name: "latest",
        breaks: |it| it.tag = Some("latest"),
        says: "error the image: the tag `latest` is no version",
        near: |it| it.tag = Some("v0.1.0-rc.1"),
    },
    Case {
        rule: "W36",
        name: "below the greatest",
        breaks: |it| it.online().tags = Some(["latest", "1.2.3", "v1.10.0"].map(str::to_owned).into()),
        says: "warning the image: the tag `1.2.3` is below `v1.10.0`",
        near: |it| it.online().tags = Some(["latest", "1.2.3", "1.2.3-rc.1", "0.9"].map(str::to_owned).into()),
    },
    Case {
        rule: "E37",
        name: "one part",
        breaks: |it| it.reference = Some("tool"),
        says: "error the image: the image `tool` is not named namespace/repository",
        near: |it| it.reference = Some("docker.io/my-name/my_tool.x"),
    },
    Case {
        rule: "E37",
        name: "three parts",
        breaks: |it| it.reference = Some("example/tools/tool"),
        says: "the image `example/tools/tool` is not named",
        near: |it| it.reference = None,
    },
    Case {
        rule: "W38",
        name: "another registry",
        breaks: |it| it.reference = Some("ghcr.io/example/tools/tool"),
        says: "warning the image: the image is on ghcr.io, not on Docker Hub",
        near: |it| it.reference = Some("index.docker.io/other/tool"),
    },
    Case {
        rule: "E45",
        name: "a wrong digest",
        breaks: |it| {
            it.trouble.push(Trouble {
                layer: Some("\u{1b}[31mCOPY . /\n".to_owned()),
                platform: Some("linux/s390x".to_owned()),
                ..Trouble::fatal("its blob holds other bytes".to_owned())
            });
        },
        says: "error layer \\u{1b}[31mCOPY . /\\n (linux/s390x): its blob holds other bytes",
        near: |it| {
            // A link that leads to itself, which nobody asks for.
            it.link("opt/loop", "loop");
        },
    },
    Case {
        rule: "E45",
        name: "a device",
        breaks: |it| {
            let what = "a device".to_owned();
            let path = Some("dev/x".to_owned());
            it.platforms[0].trouble = vec![Trouble { fatal: false, path, ..Trouble::fatal(what) }];
        },
        says: "warning dev/x (linux/amd64): a device",
        near: |_| {},
    },
    Case {
        rule: "E46",
        name: "one image for both CPUs",
        breaks: |it| it.platforms[1].said = Some(RunsOn::linux(Arch::Amd64)),
        says: "error the image (linux/arm64): the index lists the image for linux/arm64, and its config is for linux/amd64",
        near: |it| {
            let variant = Some("v8".to_owned());
            it.platforms[0].said = Some(RunsOn::default());
            it.platforms[1].said = Some(RunsOn { variant, ..RunsOn::linux(Arch::Arm64) });
        },
    },
];
