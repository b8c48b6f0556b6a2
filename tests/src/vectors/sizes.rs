//! Padded sizes, sealed lengths, and the headers of the canonical tar.

use bisik_formats::padding::{MAX_DESKS, header_len, padded_size, sealed_len};
use bisik_sealing::tar::{Entry, EntryName};
use serde_json::{Value, json};

use super::hex;

const GIB: u64 = 1 << 30;
const PADDED: [u64; 12] =
    [0, 1, 32_768, 32_769, 49_152, 49_153, 65_536, 65_537, 1 << 26, (1 << 26) + 1, GIB, GIB + 1];

pub(super) fn padding() -> Value {
    let mut sizes = vec![padded_size(0).unwrap()];
    while sizes[sizes.len() - 1] < 4 * GIB {
        sizes.push(padded_size(sizes[sizes.len() - 1] + 1).unwrap());
    }
    let lengths = |size: &u64| {
        let sealed: Vec<u64> = (1..=MAX_DESKS).map(|desks| sealed_len(desks, *size)).collect();
        json!({ "padded": size, "sealed": sealed })
    };
    let headers: Vec<u64> = (1..=MAX_DESKS).map(header_len).collect();
    let padded = |len: u64| json!({ "len": len, "padded": padded_size(len).unwrap() });
    json!({
        "sizes": sizes,
        "headers": headers,
        "padded": PADDED.map(padded),
        "sealed": sizes.iter().take(12).map(lengths).collect::<Vec<_>>(),
        "refused_lengths": { "desks": 2, "sealed": [0, 3184, 35_983, 35_985, 40_000, sealed_len(1, 32_768)] },
    })
}

pub(super) fn tar() -> Value {
    let entry = |name: &str, size: u64| Entry { name: name.parse().unwrap(), size };
    let accepted = [
        entry("report.json", 1),
        entry("evidence/0001.jpg", 0),
        entry("evidence/9999.7z", u32::MAX.into()),
        entry("SHA256SUMS", 85),
        entry("SHA256SUMS.sig", 64),
    ];
    let case = |entry: Entry| json!({ "name": entry.name.to_string(), "size": entry.size, "header": hex(&entry.header().unwrap()) });
    json!({
        "accepted": accepted.map(case),
        "refused_names": [
            "", "report.jsoN", "evidence/0000.jpg", "evidence/1.jpg", "evidence/0001.JPG", "evidence/0001",
            "evidence/0001.abcdef", "evidence/../a.jpg", "../report.json", "/SHA256SUMS",
        ],
        "refused": refused(),
    })
}

fn refused() -> Vec<Value> {
    let entry = Entry { name: EntryName::Report, size: 100 };
    let changed = |name: &str, at: usize, bytes: &[u8], error: &str| {
        let mut header = entry.header().unwrap();
        header[at..at + bytes.len()].copy_from_slice(bytes);
        json!({ "name": name, "header": hex(&header), "error": error })
    };
    vec![
        changed("path that climbs", 0, b"../etc/a\0\0\0", "name"),
        changed("executable", 100, b"0000755", "not_canonical"),
        changed("owner", 108, b"0001750", "not_canonical"),
        changed("spaces around the size", 124, b"        144", "size"),
        changed("plus before the size", 124, b"+0000000144", "not_canonical"),
        changed("time", 136, b"00000000001", "not_canonical"),
        changed("checksum of another entry", 148, b"000000", "not_canonical"),
        changed("link", 156, b"2", "not_canonical"),
        changed("owner name", 265, b"root", "not_canonical"),
        changed("prefix", 345, b"x", "not_canonical"),
        changed("last byte", 511, b"x", "not_canonical"),
    ]
}
