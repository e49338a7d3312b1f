/// Returns a message with all of its fields as text, bytes in hexadecimal, so that two can be compared.
func plain(_ value: Any) -> String {
    if let bytes = value as? UnsafeRawBufferPointer {
        return bytes.map { String($0, radix: 16) }.joined(separator: " ")
    }
    let children = Mirror(reflecting: value).children
    guard !children.isEmpty else { return "\(value)" }
    return "(" + children.map { "\($0.label ?? ""): \(plain($0.value))" }.joined(separator: ", ") + ")"
}
