//! Frames: several byte strings in one body, each behind its length as a big-endian u32.

/// A framed body is cut, too long, or holds too many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The body ends inside a frame.
    #[error("the body ends inside a part")]
    Cut,
    /// A frame is longer than allowed.
    #[error("a part is too long")]
    TooLong,
    /// More frames than allowed.
    #[error("too many parts")]
    TooMany,
}

/// Returns the parts as one framed body. A part of 4 GiB or more is refused.
pub fn write_frames(parts: &[&[u8]]) -> Result<Vec<u8>, FrameError> {
    let mut body = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        let len = u32::try_from(part.len()).map_err(|_| FrameError::TooLong)?;
        body.extend_from_slice(&len.to_be_bytes());
        body.extend_from_slice(part);
    }
    Ok(body)
}

/// Returns the parts of a framed body: at most `max_parts`, each at most `max_len` bytes.
pub fn read_frames(mut body: &[u8], max_parts: usize, max_len: usize) -> Result<Vec<&[u8]>, FrameError> {
    let mut parts = Vec::new();
    while !body.is_empty() {
        if parts.len() == max_parts {
            return Err(FrameError::TooMany);
        }
        let (len, rest) = body.split_first_chunk::<4>().ok_or(FrameError::Cut)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| FrameError::TooLong)?;
        if len > max_len {
            return Err(FrameError::TooLong);
        }
        let (part, rest) = rest.split_at_checked(len).ok_or(FrameError::Cut)?;
        parts.push(part);
        body = rest;
    }
    Ok(parts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_kept() {
        let body = write_frames(&[b"abc", b""]).unwrap();
        assert_eq!(body, b"\0\0\0\x03abc\0\0\0\0");
        assert_eq!(read_frames(&body, 1, 3), Err(FrameError::TooMany));
        assert_eq!(read_frames(&body, 2, 2), Err(FrameError::TooLong));
        for cut in [1, 3, 4, 6, 8, 10] {
            assert_eq!(read_frames(body.get(..cut).unwrap(), 2, 3), Err(FrameError::Cut), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn what_is_framed_is_read(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..6)) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let body = write_frames(&parts).unwrap();
            prop_assert_eq!(read_frames(&body, 6, 1000), Ok(parts));
        }
    }
}
