//! Strict JSON, answers to a form, proof of work.

use bisik_formats::answers::{Answer, Value as AnswerValue, gaps};
use bisik_formats::form::YesNo;
use bisik_formats::ids::Digest;
use bisik_formats::json::to_json;
use bisik_formats::pow::Challenge;
use serde_json::{Value, json};

use super::random::Recorded;
use super::world::World;

/// Spellings of `{"report_bytes":2,"file_bytes":1}`, the limits on a card.
pub(super) fn json() -> Value {
    let refused = |text: &str, error: &str| json!({ "text": text, "error": error });
    let text = |text: &str, error: Option<&str>| json!({ "text": text, "error": error });
    json!({
        "limits": {
            "accepted": [
                "{\"report_bytes\":2,\"file_bytes\":1}",
                "{\"report_bytes\":9007199254740991,\"file_bytes\":0}",
            ],
            "refused": [
                refused("", "schema"),
                refused("{}", "schema"),
                refused("{\"report_bytes\":2}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":1,\"more\":1}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":1,\"file_bytes\":1}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":9007199254740992}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":-1}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":1.0}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":1e0}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":\"1\"}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":null}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":01}", "schema"),
                refused("\u{feff}{\"report_bytes\":2,\"file_bytes\":1}", "schema"),
                refused("{\"report_bytes\":2,\"file_bytes\":1}x", "schema"),
                refused("{\"file_bytes\":1,\"report_bytes\":2}", "not_canonical"),
                refused("{ \"report_bytes\":2,\"file_bytes\":1}", "not_canonical"),
                refused("{\"report_bytes\":2,\"file_bytes\":1}\n", "not_canonical"),
                refused("{\"report_byte\\u0073\":2,\"file_bytes\":1}", "not_canonical"),
                refused(&format!("{}{}", "[".repeat(17), "]".repeat(17)), "too_deep"),
            ],
        },
        "texts": [
            text("{\"id\":\"é\\n\\\"\\\\\\u0001\",\"en\":\"/🙂\u{7f}\"}", None),
            text("{\"id\":\"\\u00e9\",\"en\":\"\"}", Some("not_canonical")),
            text("{\"id\":\"\\/\",\"en\":\"\"}", Some("not_canonical")),
            text("{\"id\":\"\\u000a\",\"en\":\"\"}", Some("not_canonical")),
            text("{\"id\":\"\\u001F\",\"en\":\"\"}", Some("not_canonical")),
            text("{\"id\":\"\\ud83d\\ude42\",\"en\":\"\"}", Some("not_canonical")),
            text("{\"id\":\"\\ud800\",\"en\":\"\"}", Some("schema")),
            text("{\"id\":\"\\udc00\\ud800\",\"en\":\"\"}", Some("schema")),
            text("{\"id\":\"\n\",\"en\":\"\"}", Some("schema")),
        ],
    })
}

/// Returns the one spelling of a value.
fn canonical<T: serde::Serialize>(value: &T) -> String {
    String::from_utf8(to_json(value).unwrap()).unwrap()
}

pub(super) fn answers(world: &World) -> Value {
    let content = world.content();
    let form = world.form();
    let answer = |field: &str, value| Answer { field: field.into(), entry: None, part: None, value };
    let part = |entry, part: &str, value| Answer {
        field: "siapa".into(),
        entry: Some(entry),
        part: Some(part.into()),
        value,
    };
    let picked = |ids: &[&str]| AnswerValue::Choice(ids.iter().map(|id| (*id).into()).collect());
    let words = |text: &str| AnswerValue::Text(text.into());
    let accepted = |answers: Vec<Answer>, files: bool| {
        let gaps = gaps(&form, &answers, files);
        json!({ "answers": canonical(&answers), "files": files, "required": gaps.required, "expected": gaps.expected })
    };
    let refused = |answers: Vec<Answer>, error: &str, at: usize| json!({ "answers": canonical(&answers), "error": error, "at": at });
    json!({
        "form": canonical(&form),
        "accepted": [
            accepted(vec![], false),
            accepted(content.answers.clone(), true),
            accepted(content.answers, false),
            accepted(vec![answer("apa", AnswerValue::Unknown), answer("kapan", AnswerValue::Unknown)], true),
            accepted(vec![part(1, "nama", words("X")), part(2, "jabatan", words("Y"))], false),
        ],
        "refused": [
            refused(vec![answer("rahasia", words("x"))], "question", 0),
            refused(vec![answer("siapa", words("x"))], "question", 0),
            refused(vec![answer("apa", words("lima ya")), answer("kategori", picked(&["suap"]))], "order", 1),
            refused(vec![answer("atasan", AnswerValue::YesNo(YesNo::No)); 2], "order", 1),
            refused(vec![answer("apa", picked(&["suap"]))], "kind", 0),
            refused(vec![answer("apa", words("abcd"))], "length", 0),
            refused(vec![answer("apa", words(&"é".repeat(101)))], "length", 0),
            refused(vec![answer("kategori", picked(&["lain", "suap"]))], "option", 0),
            refused(vec![answer("kategori", picked(&["suap", "suap"]))], "option", 0),
            refused(vec![answer("kategori", picked(&[]))], "option", 0),
            refused(vec![answer("nilai", picked(&["kecil", "besar"]))], "option", 0),
            refused(vec![part(2, "nama", words("X"))], "entry", 0),
            refused(vec![part(1, "nama", words("X")), part(3, "nama", words("Y"))], "entry", 1),
        ],
    })
}

pub(super) fn pow() -> Value {
    let header = Digest::of(b"age header");
    let case = |bits: u8| {
        let text = format!("{{\"challenge\":\"{}\",\"bits\":{bits}}}", "0f".repeat(16));
        let challenge: Challenge = serde_json::from_str(&text).unwrap();
        let nonce = challenge.solve(&header, &mut Recorded::new("nonce")).unwrap();
        let mut random = Recorded::new("bad nonce");
        let bad = std::iter::repeat_with(|| bisik_formats::pow::Nonce::from_bytes(draw(&mut random)))
            .find(|nonce| bits == 0 || !challenge.check(&header, nonce))
            .filter(|_| bits > 0);
        json!({ "challenge": text, "header_sha256": header, "nonce": nonce, "refused_nonce": bad })
    };
    let cases: Vec<Value> = [0, 1, 8, 13, 16].map(case).into();
    json!({ "cases": cases })
}

fn draw(random: &mut Recorded) -> [u8; 8] {
    use rand::Rng;
    let mut bytes = [0; 8];
    random.fill_bytes(&mut bytes);
    bytes
}
