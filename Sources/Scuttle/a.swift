public struct Dummy { public static func x(_ b: UnsafeRawBufferPointer) -> Int { b.count } }
