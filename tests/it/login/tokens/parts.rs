//! Takes a token apart.

/// `prefix . body . tag`; the body is a list of fields, each preceded by its length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    pub prefix: String,
    pub fields: Vec<Vec<u8>>,
    pub tag: Vec<u8>,
}

const ALPHABET: base32::Alphabet = base32::Alphabet::Rfc4648 { padding: false };

impl Parts {
    pub fn of(text: &str) -> Self {
        let [prefix, body, tag] = text.split('.').collect::<Vec<_>>().try_into().unwrap();
        let body = base32::decode(ALPHABET, body).unwrap();
        let (mut rest, mut fields) = (body.as_slice(), vec![]);
        while let Some((length, after)) = rest.split_first_chunk() {
            let (field, after) = after.split_at(u16::from_be_bytes(*length).into());
            fields.push(field.to_vec());
            rest = after;
        }
        Self { prefix: prefix.into(), fields, tag: base32::decode(ALPHABET, tag).unwrap() }
    }

    pub fn body(&self) -> Vec<u8> {
        let with_length =
            |field: &Vec<u8>| [&u16::try_from(field.len()).unwrap().to_be_bytes(), &field[..]].concat();
        self.fields.iter().flat_map(with_length).collect()
    }

    /// Body and tag.
    pub fn bytes(&self) -> Vec<u8> {
        [self.body(), self.tag.clone()].concat()
    }

    /// The text of these bytes; the last 32 are the tag.
    pub fn spell(prefix: &str, bytes: &[u8]) -> String {
        let (body, tag) = bytes.split_at(bytes.len().saturating_sub(32));
        [prefix, &base32::encode(ALPHABET, body), &base32::encode(ALPHABET, tag)].join(".")
    }

    pub fn text(&self) -> String {
        let spelled = |bytes: &[u8]| base32::encode(ALPHABET, bytes);
        [self.prefix.clone(), spelled(&self.body()), spelled(&self.tag)].join(".")
    }
}

/// Each field changed, cut, lengthened, emptied, left out, doubled and swapped with each other field; the same for the tag.
pub fn every_change(genuine: &Parts) -> Vec<Parts> {
    let mut all = vec![];
    let with = |fields: Vec<Vec<u8>>| Parts { fields, ..genuine.clone() };
    for (index, field) in genuine.fields.iter().enumerate() {
        for other in others(field) {
            let mut fields = genuine.fields.clone();
            fields[index] = other;
            all.push(with(fields));
        }
        let mut without = genuine.fields.clone();
        without.remove(index);
        all.push(with(without));
        let mut doubled = genuine.fields.clone();
        doubled.insert(index, field.clone());
        all.push(with(doubled));
        for second in index + 1..genuine.fields.len() {
            let mut exchanged = genuine.fields.clone();
            exchanged.swap(index, second);
            all.push(with(exchanged));
        }
        // Two fields joined, as if they had no lengths.
        if let Some(next) = genuine.fields.get(index + 1) {
            let mut joined = genuine.fields.clone();
            joined[index] = [&field[..], next].concat();
            joined[index + 1].clear();
            all.push(with(joined));
        }
    }
    all.push(with([&genuine.fields[..], &[vec![]]].concat()));
    all.extend(others(&genuine.tag).into_iter().map(|tag| Parts { tag, ..genuine.clone() }));
    // Swapping equal fields changes nothing.
    all.retain(|changed| changed != genuine);
    all
}

fn others(field: &[u8]) -> Vec<Vec<u8>> {
    let mut others: Vec<Vec<u8>> = (0..field.len() * 8)
        .map(|bit| {
            let mut other = field.to_vec();
            other[bit / 8] ^= 1 << (bit % 8);
            other
        })
        .collect();
    others.extend((0..field.len()).map(|length| field[..length].to_vec()));
    others.push([field, &[0]].concat());
    others.push([&[0], field].concat());
    others.push(vec![0; field.len()]);
    others.push(vec![0xff; field.len()]);
    others
}

/// The text with each bit of each character flipped, if the result is valid UTF-8.
pub fn every_bit_flipped(text: &str) -> Vec<String> {
    let flipped = (0..text.len() * 8).filter_map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    });
    flipped.collect()
}
