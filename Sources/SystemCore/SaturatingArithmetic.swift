extension FixedWidthInteger {
  /// The sum; the nearest number that there is if it is out of range. For numbers that come from outside.
  package func addingSaturated(_ other: Self) -> Self {
    let (sum, isOverflow) = addingReportingOverflow(other)
    guard isOverflow else { return sum }
    return other < 0 ? .min : .max
  }
}
