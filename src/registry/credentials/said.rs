//! What a failing helper printed, made fit to be shown: its message, and no secret that may be in it.
//!
//! Nobody knows what a foreign program prints when it fails: a shell script with `set -x` prints all it knows. Plain
//! words, paths and addresses are kept, because they say what is wrong. What follows a word for a secret, what begins
//! as tokens begin, and what looks drawn by lot is left out.

/// How many characters of what a failing helper prints are shown.
const MAX_SAID: usize = 500;

/// What stands where something was left out.
const HIDDEN: &str = "[…]";

/// The longest run of letters and digits that may be a word.
const LONGEST_WORD: usize = 35;

/// The shortest text that can look drawn by lot.
const SHORTEST_LOT: usize = 16;

/// How tokens begin: those of Docker Hub, GitHub, GitLab, AWS, JSON Web Tokens, Slack, Google, npm, PyPI, DigitalOcean
/// and Vault.
const PREFIXES: &str = "dckr_pat_ dckr_oat_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- AKIA \
    ASIA eyJ xoxa- xoxb- xoxp- xapp- ya29. AIza npm_ pypi- dop_v1_ hvs.";

/// How names end whose value is a secret.
const NAMES: &str = "password passwd passphrase passcode pwd token tokens secret secrets auth authorization bearer \
    basic apikey api_key api-key accesskey access_key private_key";

/// Words that follow such a name in a sentence, so that they are not its value.
const PLAIN: &str = "a access an and any are as at available be been but by cache can cannot collection could \
    credential credentials denied did does doesn't empty endpoint entered err error exit expired failed failure field \
    file for forbidden found from had has have header helper in incorrect invalid is it item key keyring \
    locked manager may missing must needs no not of on only or permission prompt provided provider refresh \
    refused rejected request required response returned revoked server service set specified status storage \
    store that the timed to type unauthorized unavailable unknown user using was which will with you";

/// Words between a name and its value.
const BETWEEN: &str = "= : -> => is was := ==";

/// What is known of the words to come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing.
    Anything,
    /// They may be a secret, if they are no plain words.
    Value,
    /// They may be a secret, up to the end of the line.
    Line,
    /// They are a secret, up to this quotation mark.
    Quote(char),
    /// They are a secret, up to the end of the line.
    Rest,
}

/// What a failing helper printed, on one line, without secrets, and cut. Braces may be JSON with a secret: then all of
/// it is kept back.
pub(super) fn said(streams: &[&str]) -> String {
    let text = streams.join("\n");
    if text.contains(['{', '}']) {
        return "what it printed is not shown, because a secret may be in it".to_owned();
    }
    let mut words = Vec::new();
    let mut next = Next::Anything;
    for line in text.lines() {
        for word in line.split_whitespace() {
            let word: String = word.chars().filter(|c| !c.is_control()).collect();
            let (shown, following) = shown(&word, next);
            next = following;
            if shown != HIDDEN || words.last().is_none_or(|last| last != HIDDEN) {
                words.push(shown);
            }
        }
        // What was announced at the end of a line may stand on the next one.
        next = if matches!(next, Next::Value | Next::Line) { Next::Line } else { Next::Anything };
    }
    let clean = words.join(" ");
    let cut: String = clean.chars().take(MAX_SAID).collect();
    if cut.len() < clean.len() { format!("{cut}…") } else { cut }
}

/// A word as it is shown, and what is known of those after it.
fn shown(word: &str, next: Next) -> (String, Next) {
    match next {
        Next::Rest => (HIDDEN.to_owned(), Next::Rest),
        Next::Quote(mark) => {
            let following = if word.contains(mark) { Next::Anything } else { next };
            (HIDDEN.to_owned(), following)
        }
        Next::Value | Next::Line if BETWEEN.split(' ').any(|one| one == word || one == bare(word)) => {
            (word.to_owned(), if word.contains([':', '=']) { Next::Line } else { next })
        }
        Next::Value | Next::Line if is_name(word) => (word.to_owned(), next),
        Next::Value | Next::Line if !is_plain(word) && assigned(word).is_none() => {
            let following = if next == Next::Line { Next::Rest } else { Next::Anything };
            (HIDDEN.to_owned(), opened(word).map_or(following, Next::Quote))
        }
        _ => alone(word),
    }
}

/// A word of which nothing is known.
fn alone(word: &str) -> (String, Next) {
    if let Some((name, value)) = assigned(word) {
        let bare = value.trim_matches(['"', '\'', '`']);
        return match bare.is_empty() {
            true if value.is_empty() => (word.to_owned(), Next::Line),
            true => (word.to_owned(), opened(value).map_or(Next::Anything, Next::Quote)),
            // `Authorization:Basic ...`
            false if is_name(bare) => (word.to_owned(), Next::Line),
            false => (format!("{name}{HIDDEN}"), opened(value).map_or(Next::Anything, Next::Quote)),
        };
    }
    (without_lots(&without_user(word)), if is_name(word) { Next::Value } else { Next::Anything })
}

/// The quotation mark that a word opens and does not close.
fn opened(word: &str) -> Option<char> {
    let mark = word.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    (word.matches(mark).count() == 1).then_some(mark)
}

/// A word in small letters and without what stands around words.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase()
}

fn is_name(word: &str) -> bool {
    let bare = bare(word);
    !word.ends_with(['.', ',', ';', ')'])
        && NAMES.split(' ').any(|name| bare.ends_with(name))
        && !word.contains(['/', '\\'])
}

/// Whether a word is one of a sentence, or the status of a program or a server.
fn is_plain(word: &str) -> bool {
    let bare = bare(word);
    PLAIN.split(' ').any(|one| one == bare)
        || bare.is_empty()
        || bare.len() <= 3 && bare.bytes().all(|b| b.is_ascii_digit())
}

/// Splits `password=value` and the like: the first name of a secret with its sign, and the value.
fn assigned(word: &str) -> Option<(&str, &str)> {
    word.match_indices(['=', ':']).map(|(at, _)| word.split_at(at + 1)).find(|(name, _)| {
        let name = name[..name.len() - 1].trim_end_matches(['"', '\'', '`', ' ']).to_ascii_lowercase();
        NAMES.split(' ').any(|one| name.ends_with(one))
    })
}

/// Leaves out `user:password` before the host of an address, with or without a scheme.
fn without_user(word: &str) -> String {
    let start = word.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = word.split_at(start);
    let Some((user, host)) = rest.rsplit_once('@') else { return word.to_owned() };
    let end = user.find(['/', '?', '#']).unwrap_or(user.len());
    // A slash before the `@` may be one of the path, or one of the password.
    let port = user[..end].split_once(':').map(|(_, port)| port);
    let is_host = end < user.len() && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()));
    // Without a scheme it is an address of mail, or a user and a password.
    if is_host || start == 0 && !user.contains(':') { word.to_owned() } else { format!("{scheme}{HIDDEN}@{host}") }
}

/// Leaves out what looks drawn by lot, and what begins as tokens do.
fn without_lots(word: &str) -> String {
    let is_run = |c: char| c.is_ascii_alphanumeric() || "-_.+/=~%".contains(c);
    let (mut told, mut rest) = (String::new(), word);
    while !rest.is_empty() {
        let start = rest.find(is_run).unwrap_or(rest.len());
        told.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|c| !is_run(c)).unwrap_or(run.len());
        // The name of a file may be drawn by lot, and its folders are of interest nevertheless.
        if is_lot(&run[..end]) && !run.starts_with(['/', '.', '~']) {
            told.push_str(HIDDEN);
        } else {
            let parts: Vec<&str> =
                run[..end].split('/').map(|part| if is_secret(part) { HIDDEN } else { part }).collect();
            told.push_str(&parts.join("/"));
        }
        rest = &run[end..];
    }
    told
}

/// Whether a part between slashes is a token.
fn is_secret(part: &str) -> bool {
    let begins = |at: usize| {
        PREFIXES.split(' ').any(|prefix| part[at..].len() >= prefix.len() + 8 && part[at..].starts_with(prefix))
    };
    let starts = part.char_indices().filter(|(at, _)| *at == 0 || !part.as_bytes()[at - 1].is_ascii_alphanumeric());
    starts.map(|(at, _)| at).any(begins)
        || part.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.len() > LONGEST_WORD)
        || is_lot(part)
}

/// Whether a text looks drawn by lot. Words are of one kind of letters for the most part; where each character is
/// drawn, every second one or so is of another kind than that before it.
fn is_lot(text: &str) -> bool {
    let kind = |c: char| match c {
        'a'..='z' => 1,
        'A'..='Z' => 2,
        '0'..='9' => 3,
        _ => 0,
    };
    let kinds: Vec<u8> = text.chars().map(kind).collect();
    let counted = kinds.iter().filter(|kind| **kind > 0).count();
    let changes = kinds.windows(2).filter(|pair| pair[0] > 0 && pair[1] > 0 && pair[0] != pair[1]).count();
    let is_hex = counted >= SHORTEST_LOT && changes > 0 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_hex || counted >= SHORTEST_LOT && changes * 4 >= counted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a helper may print, and what of it must not be shown.
    const SECRETS: &[(&str, &str)] = &[
        ("bad token dckr_pat_0123456789abcdefghijklmnopq", "abcdefgh"),
        ("bad login dckr_pat_AbCdEfGhIjKlMnOpQrStUvWxYzA", "CdEfGh"),
        ("x=dckr_oat_aaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaa"),
        ("got 'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "aaaaaa"),
        ("/x/ghs_aaaaaaaaaaaaaaaaaaaaa", "aaaaaa"),
        ("github_pat_aaaaaaaaaa_bbbbbbbbbbb", "bbbbb"),
        ("glpat-aaaaaaaaaaaaaaaaaaaa", "aaaaa"),
        ("the key AKIAAAAAAAAAAAAAAAAA is bad", "AAAAA"),
        ("(eyJhbGciOiJ.eyJzdWIiOi.c2lnbmF0dXJl)", "c2lnb"),
        ("xoxb-aaaaaaaa-bbbbbbbb", "bbbb"),
        ("password=hunter22", "hunter22"),
        ("PASSWORD='hunter22'", "hunter22"),
        ("password: hunter22", "hunter22"),
        ("password:hunter22", "hunter22"),
        ("password hunter22", "hunter22"),
        ("password = hunter22", "hunter22"),
        ("password is hunter22", "hunter22"),
        ("password: correct horse battery staple", "staple"),
        ("password=\"correct horse battery\" is wrong", "battery"),
        ("the password \"correct horse battery\" is wrong", "battery"),
        ("--password hunter22 --user ann", "hunter22"),
        ("--passphrase=hunter22", "hunter22"),
        ("+ GITHUB_TOKEN=hunter22", "hunter22"),
        ("export AWS_SECRET_ACCESS_KEY=hunter22", "hunter22"),
        ("accessToken: hunter22", "hunter22"),
        ("Authorization: Basic YW5uOnA=", "YW5uOnA"),
        ("Authorization:Bearer hunter22", "hunter22"),
        ("authorization: bearer: hunter22", "hunter22"),
        ("bearer hunter22", "hunter22"),
        ("basic YW5uOnA=", "YW5uOnA"),
        ("\"Secret\": \"hunter22\"", "hunter22"),
        ("\"Secret\":\"hunter22\",\"Username\":\"ann\"", "hunter22"),
        ("\"auth\" : \"YW5uOnA=\"", "YW5uOnA"),
        ("password:\nhunter22", "hunter22"),
        ("https://host/?user=ann&password=hunter22", "hunter22"),
        ("https://ann:hunter22@host/", "hunter22"),
        ("https://ann:hun/ter22@host/", "ter22"),
        ("https://hunter22@host/v2/", "hunter22"),
        ("ann:hunter22@host", "hunter22"),
        ("cannot read aB3/dE5fG7hI9jK1lM3nO5pQ7rS9tU1v/wX3yZ==", "G7hI9j"),
        ("got cGFzc3dvcmQ6aHVu/dGVyMjIhISEh", "GVyMjI"),
        ("C:\\aB3dE5fG7hI9jK1lM3n", "G7hI9j"),
        ("4f5e6d7c8b9a0f1e2d3c", "8b9a0f"),
        ("123e4567-e89b-12d3-a456-426614174000", "a456"),
        ("abcdefghijklmnopqrstuvwxyzabcdefghijklmnop", "abcdef"),
        ("{\"Secret\": \"hunter22\"}", "hunter22"),
    ];

    /// What helpers print when they fail, all of which is shown.
    const PLAIN_ONES: &[&str] = &[
        "error getting credentials - err: exit status 1, out: `exit status 2: gpg: decryption failed: No secret key`",
        "exec: \"pass\": executable file not found in $PATH",
        "pass not initialized: exit status 1: Error: password store is empty. Try \"pass init\".",
        "User interaction is not allowed. (-25308)",
        "The user name or passphrase you entered is not correct.",
        "error: the keychain cannot be accessed: item is locked",
        "Cannot autolaunch D-Bus without X11 $DISPLAY",
        "docker-credential-secretservice: The name org.freedesktop.secrets was not provided by any .service files",
        "no basic auth credentials",
        "the token has expired, run `aws sso login`",
        "ERROR: (gcloud.auth.docker-helper) There was a problem refreshing your current auth tokens: 400",
        "cannot fetch token: 401 Unauthorized",
        "invalid token: not found",
        "dial tcp 127.0.0.1:443: connect: connection refused",
        "cannot reach https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/",
        "https://host:8080/team/app@sha256",
        "write to ann@example.com",
        "open /home/ann/.config/gcloud/application_default_credentials.json: no such file or directory",
        "/usr/local/lib/google-cloud-sdk/bin/docker-credential-gcloud: line 3: python3: command not found",
        "C:\\Program Files\\Docker\\Docker\\resources\\bin\\docker-credential-desktop.exe",
        "NSInternalInconsistencyException in x86_64-pc-windows-gnu 0.24.1",
        "2026-11-21T10:57:20.123456Z WARN retrying in 30s",
        "The specified item could not be found in the keychain. 0x80070490",
    ];

    #[test]
    fn secrets_are_left_out() {
        for (printed, secret) in SECRETS {
            let told = said(&[printed]);
            assert!(!told.contains(secret), "{printed}\n{told}");
        }
    }

    #[test]
    fn messages_are_kept() {
        for printed in PLAIN_ONES {
            assert_eq!(said(&[printed]), *printed);
        }
    }

    #[test]
    fn what_stands_beside_a_secret_is_kept() {
        for (printed, told) in [
            ("+ curl https://ann:hunter22@host/v2/ failed", "+ curl https://[…]@host/v2/ failed"),
            ("GITHUB_TOKEN=x is bad", "GITHUB_TOKEN=[…] is bad"),
            ("password: correct horse\nthen it failed", "password: […] then it failed"),
            ("/nix/store/q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6-pass/bin", "/nix/store/[…]/bin"),
        ] {
            assert_eq!(said(&[printed]), told);
        }
    }

    #[test]
    fn what_a_helper_says_is_cleaned() {
        for (stderr, stdout, wanted) in [
            ("", "", String::new()),
            ("error: locked\n", "  try\n\n again ", "error: locked try again".to_owned()),
            ("", "\u{1b}[31mred\u{7}", "[31mred".to_owned()),
            ("", "{\"Username\"", "what it printed is not shown, because a secret may be in it".to_owned()),
            ("", &"é ".repeat(400), format!("{}…", "é ".repeat(250))),
        ] {
            assert_eq!(said(&[stderr, stdout]), wanted);
        }
    }
}
