//! Pictures for the demo: small, valid PNG files, each different.
//!
//! Owns the bytes of the format (ISO/IEC 15948) with stored, uncompressed blocks. Never writes a file.

/// A picture of so many pixels, coloured by its number: two of different numbers differ in their bytes.
pub(crate) fn picture(number: u32, width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    // Eight bits for each of red, green and blue; the only compression, filter and interlace that there are.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"IDAT", &stored(&pixels(number, width, height)));
    chunk(&mut png, b"tEXt", format!("Comment\0picture {number}").as_bytes());
    chunk(&mut png, b"IEND", &[]);
    png
}

/// A sky over a sea, in the colours of the number.
fn pixels(number: u32, width: u32, height: u32) -> Vec<u8> {
    let [hue, tint, ..] = number.wrapping_mul(0x9e37_79b9).to_le_bytes();
    let mut rows = Vec::with_capacity((height * (3 * width + 1)) as usize);
    for y in 0..height {
        // Each row begins with its filter: none.
        rows.push(0);
        let shade = (y * 255 / height.max(1)).to_le_bytes()[0];
        for x in 0..width {
            let wave = (x + y * y / 7).to_le_bytes()[0];
            let pixel = if 3 * y < 2 * height {
                [hue / 2 + shade / 2, shade, 255 - shade / 3]
            } else {
                [tint / 3, wave / 2 + hue / 3, 128 + wave / 3]
            };
            rows.extend_from_slice(&pixel);
        }
    }
    rows
}

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951 §3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        stream.push(u8::from(blocks.peek().is_none()));
        // A chunk has at most 65,535 bytes.
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend_from_slice(&adler32(bytes).to_be_bytes());
    stream
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    png.extend_from_slice(&length.to_be_bytes());
    let start = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    let check = crc32(&png[start..]);
    png.extend_from_slice(&check.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn pictures_of_two_numbers_differ() {
        assert_ne!(picture(1, 8, 8), picture(2, 8, 8));
    }
}
