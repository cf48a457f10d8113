//! Typed tables over redb's bytes: keys whose order is their meaning, values that can grow fields.

use crate::error::StoreError;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;

/// A key encodes to bytes whose order is the key's order.
pub trait Key: Sized {
    fn encode(&self) -> Vec<u8>;
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// A key of known length, so that another may follow it.
pub trait FixedKey: Key {
    const LEN: usize;
}

impl Key for u64 {
    fn encode(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl FixedKey for u64 {
    const LEN: usize = 8;
}

impl Key for u32 {
    fn encode(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl FixedKey for u32 {
    const LEN: usize = 4;
}

impl<const N: usize> Key for [u8; N] {
    fn encode(&self) -> Vec<u8> {
        self.to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }
}

impl<const N: usize> FixedKey for [u8; N] {
    const LEN: usize = N;
}

impl Key for String {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

impl<A: FixedKey, B: Key> Key for (A, B) {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.0.encode();
        bytes.extend(self.1.encode());
        bytes
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (a, b) = bytes.split_at_checked(A::LEN)?;
        Some((A::decode(a)?, B::decode(b)?))
    }
}

/// A table of the format: its name on disk, and what its keys and values are.
pub struct Table<K, V> {
    pub name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Serialize + DeserializeOwned> Table<K, V> {
    pub const fn new(name: &'static str) -> Self {
        Table {
            name,
            types: PhantomData,
        }
    }

    pub(crate) fn value(&self, bytes: &[u8]) -> Result<V, StoreError> {
        rmp_serde::from_slice(bytes)
            .map_err(|why| StoreError::damaged(format!("casella.redb, table {}", self.name), why))
    }

    pub(crate) fn key(&self, bytes: &[u8]) -> Result<K, StoreError> {
        K::decode(bytes).ok_or_else(|| {
            StoreError::damaged(
                format!("casella.redb, table {}", self.name),
                "a key of odd length",
            )
        })
    }

    pub(crate) fn bytes(value: &V) -> Result<Vec<u8>, StoreError> {
        rmp_serde::to_vec_named(value).map_err(|why| StoreError::Io {
            what: "encoding a row".into(),
            why: why.to_string(),
        })
    }
}
