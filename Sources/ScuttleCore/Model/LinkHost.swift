/// What stands for a link at its host, which hears of events by it. Nobody looks behind it here.
public typealias LinkHost = UnsafeRawPointer?
