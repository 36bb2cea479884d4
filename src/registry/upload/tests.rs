//! Conversations of an upload, played without a socket. A conversation is a list of requests and what came of
//! each; the last line is how it ends.

use super::*;

const BLOB: u64 = 10 << 20;

fn url(name: &str) -> Url {
    Url::parse(&format!("http://registry/{name}")).expect("a URL")
}

fn status(status: u16) -> Heard {
    Heard::Reply(Reply { status, ..Reply::default() })
}

/// An upload that is open at an address.
fn open(name: &str) -> Heard {
    Heard::Reply(Reply { status: 202, location: Some(url(name)), ..Reply::default() })
}

/// An upload that has so many bytes.
fn held(status: u16, held: u64) -> Heard {
    Heard::Reply(Reply { status, held: Some(held), ..Reply::default() })
}

fn lost(status: u16) -> Heard {
    Heard::Reply(Reply { status, lost: true, ..Reply::default() })
}

fn broken() -> Heard {
    Heard::Passing(Passing::broken("reset".to_owned()))
}

/// A request as one word; addresses without their beginning, pieces in units of 1 MiB.
fn word(call: &UploadCall) -> String {
    let name = |url: &Url| url.path().trim_start_matches('/').to_owned();
    match call {
        UploadCall::Look => "look".to_owned(),
        UploadCall::Begin { mount: None } => "begin".to_owned(),
        UploadCall::Begin { mount: Some(from) } => format!("mount {from}"),
        UploadCall::Put { session } => format!("put {}", name(session)),
        UploadCall::Patch { session, offset, length } => {
            format!("patch {} {}+{}", name(session), offset >> 20, length >> 20)
        }
        UploadCall::Ask { session } => format!("ask {}", name(session)),
        UploadCall::Close { session } => format!("close {}", name(session)),
    }
}

impl Upload {
    /// The same blob, which was looked for in vain.
    fn absent(mut self) -> Self {
        self.take(status(404));
        self
    }
}

/// Plays a conversation; each rest must come where the script has one.
fn play(mut upload: Upload, script: Vec<(&str, Heard)>) -> (Upload, Next, Vec<u32>) {
    let mut rests = Vec::new();
    for (expected, heard) in script {
        let call = loop {
            match upload.next() {
                Next::Send(call) => break call,
                Next::Rest { tries, .. } => rests.push(tries),
                end => panic!("it ended before `{expected}`: {end:?}"),
            }
        };
        assert_eq!(word(&call), expected);
        upload.take(heard);
    }
    let end = loop {
        match upload.next() {
            Next::Rest { tries, .. } => rests.push(tries),
            end => break end,
        }
    };
    (upload, end, rests)
}

fn blob() -> Upload {
    Upload::new(BLOB, 2, Vec::new(), None)
}

fn pieces() -> Upload {
    Upload::new(BLOB, 2, Vec::new(), Some(PIECE))
}

fn ends_well(upload: Upload, fate: Fate, script: Vec<(&str, Heard)>) {
    let (_, end, _) = play(upload, script);
    assert!(matches!(&end, Next::Done(found) if *found == fate), "{end:?}");
}

fn fails(upload: Upload, failure: Failure, script: Vec<(&str, Heard)>) {
    let (_, end, _) = play(upload, script);
    assert!(matches!(&end, Next::Failed(found) if *found == failure), "{end:?}");
}

#[test]
fn the_usual_ways() {
    ends_well(blob(), Fate::Skipped, vec![("look", status(200))]);
    ends_well(blob(), Fate::Sent, vec![("look", status(404)), ("begin", open("a")), ("put a", status(201))]);
    ends_well(blob().absent(), Fate::Sent, vec![("begin", open("a")), ("put a", status(201))]);
    // A registry without HEAD for blobs.
    ends_well(blob(), Fate::Sent, vec![("look", status(405)), ("begin", open("a")), ("put a", status(201))]);
}

#[test]
fn mounts_and_their_refusals() {
    let mount = || Upload::new(BLOB, 2, vec!["x".to_owned(), "y".to_owned()], None).absent();
    let from = |from: &str| Fate::Mounted { from: from.to_owned() };
    ends_well(mount(), from("x"), vec![("mount x", status(201))]);
    ends_well(mount(), Fate::Sent, vec![("mount x", open("a")), ("put a", status(201))]);
    ends_well(mount(), from("y"), vec![("mount x", status(404)), ("mount y", status(201))]);
    let refused =
        vec![("mount x", status(401)), ("mount y", status(405)), ("begin", open("a")), ("put a", status(201))];
    ends_well(mount(), Fate::Sent, refused);
}

#[test]
fn a_mount_without_an_answer_is_looked_for() {
    let mount = || Upload::new(BLOB, 2, vec!["x".to_owned(), "y".to_owned()], None).absent();
    let from = |from: &str| Fate::Mounted { from: from.to_owned() };
    let lost = || vec![("mount x", broken()), ("look", status(404))];
    // It was mounted, and the answer was lost.
    ends_well(mount(), from("x"), vec![("mount x", broken()), ("look", status(200))]);
    // It was not, and is the next time; or the next place has it.
    ends_well(mount(), from("x"), [lost(), vec![("mount x", status(201))]].concat());
    ends_well(mount(), from("y"), [lost(), vec![("mount x", status(404)), ("mount y", status(201))]].concat());
    // There never is an answer: it is sent, unless it was mounted the last time.
    let never = || [lost(), lost(), vec![("mount x", broken())]].concat();
    ends_well(mount(), from("x"), [never(), vec![("look", status(200))]].concat());
    let send = vec![("look", status(404)), ("begin", open("a")), ("put a", status(201))];
    ends_well(mount(), Fate::Sent, [never(), send].concat());
    assert_eq!(play(mount(), never()).2, [1, 2]);
}

#[test]
fn what_may_have_arrived_is_looked_for_before_it_is_sent_again() {
    let begun = || vec![("look", status(404)), ("begin", open("a")), ("put a", broken())];
    ends_well(blob(), Fate::Sent, [begun(), vec![("look", status(200))]].concat());
    let again = vec![("look", status(404)), ("begin", open("b")), ("put b", status(201))];
    ends_well(blob(), Fate::Sent, [begun(), again].concat());
    // Sessions that the registry forgets, as GHCR does now and then.
    let forgotten = vec![("look", status(404)), ("begin", open("a")), ("put a", lost(404))];
    let again = vec![("look", status(404)), ("begin", open("b")), ("put b", status(201))];
    ends_well(blob(), Fate::Sent, [forgotten, again].concat());
}

#[test]
fn each_kind_of_request_is_repeated_so_often_and_no_more() {
    let exhausted = || Failure::Exhausted { tries: 3, last: Passing::broken("reset".to_owned()) };
    fails(blob(), exhausted(), vec![("look", broken()), ("look", broken()), ("look", broken())]);
    let begin = vec![("begin", broken()), ("begin", broken()), ("begin", broken())];
    fails(blob().absent(), exhausted(), begin);
    let small = Upload::new(9, 2, Vec::new(), None).absent();
    let round = |name: &'static str, put: &'static str| vec![("begin", open(name)), (put, broken())];
    let look = || vec![("look", status(404))];
    let script = [round("a", "put a"), look(), round("b", "put b"), look(), round("c", "put c")].concat();
    let (_, end, rests) = play(small, script);
    assert!(matches!(end, Next::Failed(Failure::Exhausted { tries: 3, .. })));
    assert_eq!(rests, [1, 2]);
    // What works in between does not count against the next kind.
    let mixed = vec![
        ("look", broken()),
        ("look", broken()),
        ("look", status(404)),
        ("begin", broken()),
        ("begin", broken()),
        ("begin", open("a")),
        ("put a", broken()),
        ("look", status(200)),
    ];
    ends_well(blob(), Fate::Sent, mixed);
}

#[test]
fn refusals_are_final() {
    for refusal in [400, 401, 403, 409] {
        fails(blob(), Failure::Refused, vec![("look", status(refusal))]);
        fails(blob().absent(), Failure::Refused, vec![("begin", status(refusal))]);
        fails(blob().absent(), Failure::Refused, vec![("begin", open("a")), ("put a", status(refusal))]);
    }
    fails(blob().absent(), Failure::Refused, vec![("begin", status(404))]);
    let nowhere = Failure::Senseless("it opens an upload and does not say where (no `Location`)");
    fails(blob().absent(), nowhere, vec![("begin", status(202))]);
}

#[test]
fn a_whole_blob_that_is_refused_goes_in_pieces() {
    for refusal in [405, 411, 413, 416, 501] {
        let script = vec![
            ("begin", open("a")),
            ("put a", status(refusal)),
            // The upload is still there, and nothing is in it.
            ("ask a", held(204, 0)),
            ("patch a 0+4", open("c")),
            ("patch c 4+4", held(202, 8 << 20)),
            ("patch c 8+2", open("d")),
            ("close d", status(201)),
        ];
        let (upload, end, rests) = play(blob().absent(), script);
        assert!(matches!(end, Next::Done(Fate::Sent)) && rests.is_empty(), "{end:?}");
        assert_eq!(upload.fallback(), Some(PIECE));
    }
    // It is not there any more.
    let script = vec![
        ("begin", open("a")),
        ("put a", status(413)),
        ("ask a", status(404)),
        ("look", status(404)),
        ("begin", open("b")),
        ("patch b 0+4", open("b")),
    ];
    assert!(matches!(play(blob().absent(), script).1, Next::Send(UploadCall::Patch { .. })));
    // Forgotten twice: it is the way of sending that the registry does not know.
    let script = vec![
        ("begin", open("a")),
        ("put a", status(404)),
        ("look", status(404)),
        ("begin", open("b")),
        ("put b", status(404)),
        ("begin", open("c")),
        ("patch c 0+4", open("c")),
    ];
    assert!(matches!(play(blob().absent(), script).1, Next::Send(UploadCall::Patch { .. })));
}

#[test]
fn a_wire_that_breaks_twice_gets_pieces() {
    let script = vec![
        ("begin", open("a")),
        ("put a", broken()),
        ("look", status(404)),
        ("begin", open("b")),
        ("put b", broken()),
        ("look", status(404)),
        ("begin", open("c")),
        ("patch c 0+4", open("c")),
    ];
    let (upload, _, _) = play(blob().absent(), script);
    assert_eq!(upload.fallback(), None, "the other blobs are still sent whole");
}

#[test]
fn a_broken_piece_is_taken_up_where_it_broke() {
    let begun = || vec![("look", status(404)), ("begin", open("a")), ("patch a 0+4", broken())];
    let rest = || vec![("patch a 1+4", open("a")), ("patch a 5+4", open("a")), ("patch a 9+1", open("a"))];
    let asked = vec![("ask a", held(204, 1 << 20))];
    ends_well(pieces(), Fate::Sent, [begun(), asked, rest(), vec![("close a", status(201))]].concat());
    // The session is gone, and the blob did not arrive: from the beginning.
    let gone = vec![("ask a", status(404)), ("look", status(404)), ("begin", open("b"))];
    let (_, next, _) = play(pieces(), [begun(), gone].concat());
    assert!(matches!(next, Next::Send(UploadCall::Patch { offset: 0, .. })));
    // It takes less than it was sent.
    let less = vec![("look", status(404)), ("begin", open("a")), ("patch a 0+4", held(202, 3 << 20))];
    let (_, next, _) = play(pieces(), less);
    assert!(matches!(next, Next::Send(UploadCall::Patch { offset: 3_145_728, .. })));
}

#[test]
fn questions_are_repeated_on_their_own_account() {
    let begun = || vec![("begin", open("a")), ("patch a 0+4", broken()), ("ask a", broken()), ("ask a", broken())];
    let answered = vec![("ask a", held(204, 4 << 20)), ("patch a 4+4", open("a")), ("patch a 8+2", open("a"))];
    ends_well(pieces().absent(), Fate::Sent, [begun(), answered, vec![("close a", status(201))]].concat());
    // No answer at all: from the beginning.
    let never = vec![("ask a", broken()), ("look", status(404)), ("begin", open("b"))];
    let (_, next, _) = play(pieces().absent(), [begun(), never].concat());
    assert!(matches!(next, Next::Send(UploadCall::Patch { offset: 0, .. })));
}

#[test]
fn a_registry_that_forgets_what_it_took_is_given_up() {
    let mut upload = pieces().absent();
    let mut requests = 0;
    loop {
        let heard = match upload.next() {
            Next::Send(UploadCall::Look) => status(404),
            Next::Send(UploadCall::Begin { .. }) => open("a"),
            Next::Send(UploadCall::Patch { offset: 0, .. }) => held(202, PIECE),
            Next::Send(_) => lost(404),
            Next::Rest { .. } => continue,
            end => {
                assert!(matches!(end, Next::Failed(Failure::Exhausted { tries: 3, .. })), "{end:?}");
                break;
            }
        };
        requests += 1;
        assert!(requests < 20);
        upload.take(heard);
    }
}

#[test]
fn pieces_that_are_too_large_shrink() {
    let large = Upload::new(BLOB, 2, Vec::new(), Some(8 << 20)).absent();
    let script = vec![
        ("begin", open("a")),
        ("patch a 0+8", status(416)),
        ("ask a", held(204, 0)),
        ("patch a 0+4", status(413)),
        ("ask a", held(204, 0)),
        ("patch a 0+2", open("a")),
    ];
    let (upload, _, _) = play(large, script);
    assert_eq!(upload.fallback(), Some(2 << 20));
}

#[test]
fn what_gets_no_smaller_is_not_sent_again() {
    let small = |size| Upload::new(size, 2, Vec::new(), None).absent();
    let begin = || vec![("begin", open("a")), ("put a", status(413)), ("ask a", held(204, 0))];
    let (_, end, rests) = play(small(1176), [begin(), vec![("patch a 0+0", status(413))]].concat());
    assert!(matches!(end, Next::Failed(Failure::Refused)) && rests.is_empty(), "{end:?}");
    // The piece is halved, not the limit it lies under.
    let (upload, _, _) = play(
        small(2 << 20),
        [begin(), vec![("patch a 0+2", status(413)), ("ask a", held(204, 0)), ("patch a 0+1", open("a"))]].concat(),
    );
    assert_eq!(upload.fallback(), Some(1 << 20));
    // Status 416 may be about where the piece begins.
    let again = vec![("patch a 0+0", status(416)), ("ask a", held(204, 0)), ("patch a 0+0", open("a"))];
    let (_, end, _) = play(small(1176), [begin(), again].concat());
    assert!(matches!(end, Next::Send(UploadCall::Close { .. })), "{end:?}");
}

#[test]
fn the_smallest_piece_of_the_registry_counts() {
    let wants = Reply { status: 202, location: Some(url("a")), smallest: Some(6 << 20), ..Reply::default() };
    let script = vec![("begin", Heard::Reply(wants)), ("patch a 0+6", open("a")), ("patch a 6+4", open("a"))];
    assert!(matches!(play(pieces().absent(), script).1, Next::Send(UploadCall::Close { .. })));
    let absurd = Reply { status: 202, location: Some(url("a")), smallest: Some(u64::MAX), ..Reply::default() };
    let script = vec![("begin", Heard::Reply(absurd)), ("patch a 0+10", open("a"))];
    assert!(matches!(play(pieces().absent(), script).1, Next::Send(UploadCall::Close { .. })));
}

#[test]
fn registries_that_claim_too_much_or_take_nothing_are_given_up() {
    let more = Failure::Senseless("it says that it has more of the blob than was sent");
    fails(pieces().absent(), more, vec![("begin", open("a")), ("patch a 0+4", held(202, 5 << 20))]);
    let nothing = || ("patch a 0+4", held(202, 0));
    let (_, end, _) = play(pieces().absent(), vec![("begin", open("a")), nothing(), nothing(), nothing()]);
    assert!(matches!(end, Next::Failed(Failure::Exhausted { tries: 3, .. })));
    // More than this upload was sent, when it is asked: that session is not trusted.
    for claimed in [BLOB + 1, BLOB, (4 << 20) + 1] {
        let asked = || vec![("begin", open("a")), ("patch a 0+4", broken()), ("ask a", held(204, claimed))];
        assert!(matches!(play(pieces().absent(), asked()).1, Next::Send(UploadCall::Look)));
    }
    let before = vec![("begin", open("a")), ("patch a 0+4", open("a")), ("patch a 4+4", lost(404))];
    let after = vec![("begin", open("b")), ("patch b 0+4", broken()), ("ask b", held(204, 8 << 20))];
    let script = [before, vec![("look", status(404))], after].concat();
    assert!(matches!(play(pieces().absent(), script).1, Next::Send(UploadCall::Look)));
}

#[test]
fn the_end_of_an_upload_may_get_lost() {
    let sent = || {
        vec![
            ("begin", open("a")),
            ("patch a 0+4", open("a")),
            ("patch a 4+4", open("a")),
            ("patch a 8+2", open("a")),
            ("close a", broken()),
        ]
    };
    ends_well(pieces().absent(), Fate::Sent, [sent(), vec![("look", status(200))]].concat());
    let kept = vec![("look", status(404)), ("ask a", held(204, BLOB)), ("close a", status(201))];
    ends_well(pieces().absent(), Fate::Sent, [sent(), kept].concat());
}

#[test]
fn a_registry_that_takes_no_pieces_gets_the_whole() {
    let script = vec![
        ("begin", open("a")),
        ("patch a 0+4", status(405)),
        ("look", status(404)),
        ("begin", open("b")),
        ("put b", status(201)),
    ];
    ends_well(pieces().absent(), Fate::Sent, script);
}

#[test]
fn every_conversation_ends() {
    // Answers at random, for a thousand registries: each ends, and within a number of requests that follows from
    // the number of repetitions and pieces.
    for seed in 0..1000_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut upload = Upload::new(1 << 20, 2, vec!["x".to_owned()], seed.is_multiple_of(2).then_some(200_000));
        let mut requests = 0;
        loop {
            match upload.next() {
                Next::Send(_) => requests += 1,
                Next::Rest { .. } => {}
                Next::Done(_) | Next::Failed(_) => break,
            }
            assert!(requests < 200, "seed {seed}");
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let codes = [200, 201, 202, 202, 204, 400, 404, 404, 405, 413, 416, 503];
            let reply = Reply {
                status: codes[(random % 12) as usize],
                location: (!random.is_multiple_of(5)).then(|| url("a")),
                held: random.is_multiple_of(3).then_some(random % (3 << 20)),
                smallest: random.is_multiple_of(11).then_some(random % 1_000_000),
                lost: random.is_multiple_of(13),
                words: String::new(),
            };
            upload.take(if reply.status == 503 { broken() } else { Heard::Reply(reply) });
        }
    }
}
