//! The only EXIF block that may stay.

/// Says whether a block is a directory of one entry, an orientation from 2 to 8, and nothing else.
pub(super) fn is_only_orientation(block: &[u8]) -> bool {
    let before = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0];
    let number = block.get(19).copied().unwrap_or_default();
    block.len() == 26
        && block.starts_with(&before)
        && (2..=8).contains(&number)
        && block.iter().skip(20).all(|byte| *byte == 0)
}
