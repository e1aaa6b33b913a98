//! What a secret leaves in memory. `/proc/self/mem` reads it without `unsafe`, also where no value is any more.

use core::hint::black_box;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use second_factor::{Code, Digits, RecoveryCode, SealingKey, Secret, TokenKey, Totp, TotpParams};

/// The bytes at the place of a value, before and after it is dropped there.
fn around_the_drop<T>(value: T) -> [Vec<u8>; 2] {
    // `clear` drops what a vector holds, and writes nothing else to its memory, which stays allocated.
    let mut place = vec![value];
    let address = place.as_ptr().addr();
    let bytes = || {
        let mut bytes = vec![0; size_of::<T>()];
        let mut memory = File::open("/proc/self/mem").unwrap();
        memory.seek(SeekFrom::Start(address.try_into().unwrap())).unwrap();
        memory.read_exact(&mut bytes).unwrap();
        bytes
    };
    black_box(&mut place);
    let before = bytes();
    place.clear();
    black_box(&mut place);
    [before, bytes()]
}

fn is_cleared<T>(value: T, secret: &[u8]) {
    let [before, after] = around_the_drop(value);
    let holds = |memory: &[u8], part: &[u8]| memory.windows(part.len()).any(|bytes| bytes == part);
    assert!(holds(&before, secret), "this looks at the wrong place");
    for part in secret.windows(4) {
        assert!(!holds(&after, part), "{part:x?} is left in {after:x?}");
    }
}

const KEY: [u8; 32] = *b"9f3b6c51d2e84a07b1c5d6e7f8091a2b";

#[test]
fn a_shared_secret_is_cleared_on_drop() {
    is_cleared(Secret::new(&KEY[..20]).unwrap(), &KEY[..20]);
}

#[test]
fn a_code_is_cleared_on_drop() {
    is_cleared(Code::parse("28475316", Digits::Eight).unwrap(), b"28475316");
}

#[test]
fn a_recovery_code_is_cleared_on_drop() {
    is_cleared(RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA").unwrap(), b"abcdefghijklmnop");
}

#[test]
fn a_token_key_is_cleared_on_drop() {
    is_cleared(TokenKey::new(KEY), &KEY);
}

#[test]
fn a_sealing_key_is_cleared_on_drop() {
    is_cleared(SealingKey::new(KEY), &KEY);
}

/// The state after the block of the key and ipad (RFC 2104), from which codes can be made as well as from the secret.
#[test]
fn the_keyed_state_of_totp_is_cleared_on_drop() {
    let mut block = [0x36; 64];
    block.iter_mut().zip(KEY).for_each(|(pad, key)| *pad ^= key);
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    sha1::block_api::compress(&mut state, &[block]);
    let totp = Totp::new(&Secret::new(&KEY).unwrap(), TotpParams::default());
    is_cleared(totp, state.map(u32::to_ne_bytes).as_flattened());
}
