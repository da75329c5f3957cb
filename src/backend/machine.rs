//! The name of what computes.

/// What computes, as records name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// `cpu`, or the adapter's name with its graphics interface.
    pub device: String,
    /// Driver of the adapter, where there is one.
    pub driver: Option<String>,
}

impl Machine {
    /// The CPU backend.
    pub fn cpu() -> Self {
        Machine {
            device: "cpu".into(),
            driver: None,
        }
    }

    /// An adapter, seen through a graphics interface (`backend`); `driver` is empty where the interface does not tell.
    pub fn adapter(name: &str, backend: &str, driver: String) -> Self {
        Machine {
            device: format!("{name} ({backend})"),
            driver: Some(driver),
        }
    }

    /// Device and driver in one text, for a cell of a table: numbers of one adapter may change with its driver.
    pub fn text(&self) -> String {
        match self.driver.as_deref() {
            None | Some("") => self.device.clone(),
            Some(driver) => format!("{}, {driver}", self.device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_is_named_where_it_is_known() {
        let card = |driver: &str| Machine::adapter("Card", "Vulkan", driver.into()).text();
        assert_eq!(card("maker 1.2"), "Card (Vulkan), maker 1.2");
        assert_eq!(card(""), "Card (Vulkan)");
        assert_eq!(Machine::cpu().text(), "cpu");
    }
}
