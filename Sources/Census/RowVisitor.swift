package import CopyFormat

/// Is told of every value of a table what came of it, row by row.
package protocol RowVisitor: AnyObject {
    /// - Parameters:
    ///   - value: its number among the table's values.
    ///   - sealed: where it lies, valid during the call, and open in `opener` where a key opened it.
    ///   - text: the same as it stands in the row, where it is a member of JSON.
    func value(
        _ value: Int, _ judgement: Judgement, _ sealed: ValueOpener.Sealed, text: UnsafeRawBufferPointer?,
        _ row: borrowing RowFields, _ opener: inout ValueOpener
    ) throws

    /// After the last value of a row.
    func end(of row: borrowing RowFields) throws
}
