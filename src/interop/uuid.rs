//! `RouterId` from and to `uuid::Uuid`.

use uuid::Uuid;

use crate::error::ErrorKind;
use crate::notification::RouterId;

/// ```
/// use hanotify::RouterId;
/// use uuid::Uuid;
///
/// let id: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// assert_eq!(Uuid::from(id).to_string(), id.to_string());
/// # Ok::<(), hanotify::ErrorKind>(())
/// ```
impl From<RouterId> for Uuid {
    fn from(id: RouterId) -> Self {
        Self::from_bytes(id.to_bytes())
    }
}

/// Every UUID is a router id but the nil one.
impl TryFrom<Uuid> for RouterId {
    type Error = ErrorKind;

    fn try_from(uuid: Uuid) -> Result<Self, ErrorKind> {
        Self::from_bytes(uuid.into_bytes()).ok_or(ErrorKind::RouterId)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_uuid_there_and_back_is_the_same_and_reads_the_same(bytes in any::<[u8; 16]>()) {
            let uuid = Uuid::from_bytes(bytes);
            prop_assume!(!uuid.is_nil());
            let id = RouterId::try_from(uuid)?;
            prop_assert_eq!(Uuid::from(id), uuid);
            prop_assert_eq!(id.to_string(), uuid.hyphenated().to_string());
        }
    }

    #[test]
    fn the_nil_uuid_is_no_router_id_and_the_greatest_is_one() {
        assert_eq!(RouterId::try_from(Uuid::nil()), Err(ErrorKind::RouterId));
        assert!(RouterId::try_from(Uuid::max()).is_ok());
    }
}
