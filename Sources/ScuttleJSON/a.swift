import Scuttle
import CJansson
public func y(_ b: UnsafeRawBufferPointer) -> Int { json_decref(json_integer(3)); return Dummy.x(b) }
