pub fn migration() -> String {
    "UPDATE accounts SET owner = trim(owner)".to_owned()
}
