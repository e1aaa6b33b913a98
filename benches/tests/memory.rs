//! What the hot paths do with memory: they allocate nothing on the heap and leave no secret behind.
#![allow(unsafe_code, reason = "a counting allocator, and a look at memory after a drop")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;

#[cfg(target_os = "linux")]
use rand_core::{TryCryptoRng, TryRng};
use second_factor::{
    Algorithm, Code, Digits, Hotp, KeyUri, Period, RecoveryCode, RecoveryCodes, Secret, Totp, TotpParams,
    UnixTime, Window,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// The bytes to search for in freed memory; below, how often they were found.
    static WATCHED: Cell<&'static [u8]> = const { Cell::new(&[]) };
    static SEEN: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all calls are passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let wanted = WATCHED.get();
        if !wanted.is_empty() {
            // SAFETY: the memory is still allocated and has this length; volatile reads return what is there.
            let byte = |at| unsafe { memory.add(at).read_volatile() };
            let here = |start| wanted.iter().zip(start..).all(|(wanted, at)| byte(at) == *wanted);
            if (0..(layout.size() + 1).saturating_sub(wanted.len())).any(here) {
                SEEN.set(SEEN.get() + 1);
            }
        }
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    drop(black_box(work()));
    ALLOCATIONS.get() - before
}

const SECRET: &[u8; 20] = b"\xa1\xb2\xc3\xd4\xe5\xf6\x17\x28\x39\x4a\x5b\x6c\x7d\x8e\x9f\xa0\xb1\xc2\xd3\xe4";
const OTHER_SECRET: &[u8; 20] = b"12345678901234567890";
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
const NOW: UnixTime = UnixTime::from_secs(1_700_000_010);

fn totp(algorithm: Algorithm) -> Totp {
    totp_of(SECRET, algorithm)
}

fn totp_of(secret: &[u8], algorithm: Algorithm) -> Totp {
    Totp::new(&Secret::new(secret).unwrap(), TotpParams::new(algorithm, Digits::Six, Period::DEFAULT))
}

#[test]
fn nothing_of_a_verification_is_on_the_heap() {
    assert_eq!(allocations(|| Box::new(1)), 1, "the allocator counts");
    for algorithm in ALGORITHMS {
        assert_eq!(allocations(|| totp(algorithm)), 0, "Totp::new, {algorithm}");
        let totp = totp(algorithm);
        assert_eq!(allocations(|| totp.generate(NOW)), 0, "generate, {algorithm}");
        let code = totp.generate(NOW);
        let verify = |after| totp.verify(&code, NOW, Window::DEFAULT, after).accepted();
        assert_eq!(allocations(|| assert!(verify(None).is_some())), 0, "verify, {algorithm}");
        assert_eq!(
            allocations(|| assert!(verify(verify(None)).is_none())),
            0,
            "verify a used code, {algorithm}"
        );
    }
    assert_eq!(allocations(|| Code::parse(" 287 082\n", Digits::Six).unwrap()), 0);
    assert_eq!(allocations(|| Code::parse("28708x", Digits::Six).unwrap_err()), 0);
}

#[test]
fn secrets_and_keyed_states_are_cleared_when_dropped() {
    let secret = || Secret::new(SECRET).unwrap();
    let (before, after) = around_drop(secret());
    assert!(contains(&before, SECRET), "the secret is not where the test looks");
    assert!(after[..SECRET.len()].iter().all(|byte| *byte == 0) && !contains(&after, &SECRET[..8]));

    for algorithm in ALGORITHMS {
        assert_cleared(|secret| totp_of(secret, algorithm));
        assert_cleared(|secret| Hotp::new(&Secret::new(secret).unwrap(), algorithm, Digits::Six));
    }

    let (before, after) = around_drop(Code::parse("287082", Digits::Six).unwrap());
    assert!(contains(&before, b"287082") && !contains(&after, b"28") && !contains(&after, b"82"));
}

#[test]
fn recovery_codes_are_cleared_when_dropped() {
    // Different bytes in each code.
    let mut bytes = [0_u8; RecoveryCodes::ENTROPY_LEN];
    (0..).zip(&mut bytes).for_each(|(at, byte)| *byte = at ^ 0xa5);
    let text = RecoveryCodes::from_entropy(&bytes).iter().next().unwrap().to_text();
    let (before, after) = around_drop(RecoveryCode::parse(text.expose()).unwrap());
    assert!(contains(&before, &bytes[..16]) && !contains(&after, &bytes[..4]));

    // Below, a leaked copy of the first code would be found.
    let wanted: &'static [u8] =
        Box::leak(Box::new([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]));
    let seen = |work: &dyn Fn()| {
        SEEN.set(0);
        WATCHED.set(wanted);
        work();
        WATCHED.set(&[]);
        SEEN.get()
    };
    assert_eq!(seen(&|| drop(black_box(RecoveryCodes::from_entropy(&bytes)))), 0, "the codes");
    assert_eq!(seen(&|| drop(black_box(bytes.to_vec()))), 1, "a copy that is not cleared");
}

/// The buffer on the stack into which the generator writes. The kernel reads it after the call, since the test
/// itself must not read memory that is no longer in use.
#[cfg(target_os = "linux")]
#[test]
fn the_random_bytes_of_recovery_codes_are_cleared() {
    use std::os::unix::fs::FileExt;

    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut found = [0; RecoveryCodes::ENTROPY_LEN];
    let mut look = |work: fn(&mut Traced)| {
        let mut rng = Traced(0);
        deeper(|| work(&mut rng));
        memory.read_exact_at(&mut found, rng.0 as u64).unwrap();
        found.windows(8).any(|run| *run == [Traced::BYTE; 8])
    };
    let is_left = look(|rng| drop(black_box(RecoveryCodes::generate(rng).unwrap())));
    assert!(!is_left, "the random bytes of recovery codes are still on the stack");
    let is_left = look(|rng| {
        let mut bytes = [0; RecoveryCodes::ENTROPY_LEN];
        rng.try_fill_bytes(&mut bytes).unwrap();
        black_box(&bytes);
    });
    assert!(is_left, "bytes that are not cleared are not found");
}

/// Calls `work` so deep in the stack that later calls do not overwrite what it leaves there.
#[cfg(target_os = "linux")]
#[inline(never)]
fn deeper(work: impl FnOnce()) {
    let room = black_box([0_u8; 1 << 14]);
    work();
    black_box(&room);
}

/// A generator that writes the same byte everywhere, and notes where it last wrote.
#[cfg(target_os = "linux")]
struct Traced(usize);

#[cfg(target_os = "linux")]
impl Traced {
    const BYTE: u8 = 0xa7;
}

#[cfg(target_os = "linux")]
impl TryRng for Traced {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_ne_bytes([Self::BYTE; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_ne_bytes([Self::BYTE; 8]))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        to.fill(Self::BYTE);
        self.0 = to.as_ptr().addr();
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl TryCryptoRng for Traced {}

/// Key URIs with a secret whose parameter is misspelled, or with an invisible character or a wrong escape.
#[test]
fn nothing_of_a_key_uri_that_may_be_a_secret_is_given_back_uncleared() {
    const START: &str = "otpauth://totp/A:b?secret=MZXW6YQ&secert=";
    let seen = |text: &str| {
        SEEN.set(0);
        WATCHED.set(b"GEZDGNBV");
        drop(black_box(KeyUri::parse(black_box(text))));
        WATCHED.set(&[]);
        SEEN.get()
    };
    for value in [
        "GEZDGNBVGY3TQOJQ",
        "GEZDGNBVGY3TQOJQ%41",
        "GEZDGNBVGY3TQOJQ%",
        "%41GEZDGNBVGY3TQOJQ%4",
        "%E2%80%8BGEZDGNBVGY3TQOJQ",
        "GEZDGNBVGY3TQOJQ%E2%80%8B",
        "GEZDGNBVGY3TQOJQ%FF",
    ] {
        assert_eq!(seen(&format!("{START}{value}")), 0, "{value}");
        assert_eq!(seen(&format!("{START}x&{value}=1")), 0, "{value} as a name");
        assert_eq!(seen(&format!("otpauth://totp/A:b?secret={value}")), 0, "{value} as it should be");
    }
    assert_eq!(seen("otpauth://totp/A:GEZDGNBV?secret=MZXW6YQ"), 1, "an account name is not cleared");
}

#[test]
fn a_value_that_is_not_cleared_is_found() {
    struct Leaky([u8; 20]);
    impl Drop for Leaky {
        fn drop(&mut self) {
            black_box(&self.0);
        }
    }
    let (_, after) = around_drop(Leaky(*SECRET));
    assert!(contains(&after, SECRET));
}

/// Asserts that no run of eight bytes that depend on the secret is still there. Other bytes may be: padding
/// contains what was on the stack before.
fn assert_cleared<T>(keyed: impl Fn(&[u8]) -> T) {
    let [(other, _), (before, after)] = [OTHER_SECRET, SECRET].map(|secret| {
        clear_stack();
        around_drop(keyed(secret))
    });
    let differing =
        |run: &[u8], other: &[u8]| run.iter().zip(other).filter(|(one, other)| one != other).count();
    let pairs = before.windows(8).zip(other.windows(8));
    let runs: Vec<&[u8]> =
        pairs.filter(|(run, other)| differing(run, other) >= 7).map(|(run, _)| run).collect();
    assert!(runs.len() >= 30, "two chaining values were there: {}", runs.len());
    assert!(!runs.iter().any(|run| contains(&after, run)), "a part of the keyed state is still there");
}

/// Overwrites the stack, to which earlier values were moved.
#[inline(never)]
fn clear_stack() {
    black_box([0_u8; 1 << 14]);
}

fn contains(memory: &[u8], wanted: &[u8]) -> bool {
    memory.windows(wanted.len()).any(|window| window == wanted)
}

/// The bytes of a value before and after its drop.
fn around_drop<T>(value: T) -> (Vec<u8>, Vec<u8>) {
    // The place is zeroed first, so that padding is readable. The value is then dropped where its bytes are
    // read.
    let mut place = Box::new(MaybeUninit::<T>::zeroed());
    place.write(value);
    let bytes = place.as_ptr().cast::<u8>();
    // SAFETY: the place is as long as `T` and stays allocated; volatile reads return what is there, as an
    // attacker would see it.
    let look = || (0..size_of::<T>()).map(|at| unsafe { bytes.add(at).read_volatile() }).collect::<Vec<u8>>();
    let before = look();
    // SAFETY: it was written above and is not used as a `T` again.
    unsafe { place.as_mut_ptr().drop_in_place() };
    let after = look();
    (before, after)
}
