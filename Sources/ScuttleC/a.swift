import CScuttle
import Scuttle
import ScuttleJSON
@_cdecl("scuttle_strerror") @implementation public func scuttle_strerror(_ code: CInt) -> UnsafePointer<CChar>! {
   UnsafeRawPointer(("hi" as StaticString).utf8Start + y(UnsafeRawBufferPointer(start: nil, count: 0))).assumingMemoryBound(to: CChar.self)
}
