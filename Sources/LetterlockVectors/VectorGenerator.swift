public enum VectorGenerator { public static func write(to folder: String) throws -> Int { 0 } }
