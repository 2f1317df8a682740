/* What is used of TCLIService, the protocol of HiveServer2 and of Spark's Thrift Server, in version 7 (columns
 * instead of rows): these structs only, and of them these fields. Numbers and types are the protocol's own
 * (TCLIService.thrift of Apache Hive, whose names begin with T); a reader skips what it does not know. Texts
 * that a server sends are `binary` here: that is the same on the wire and keeps their length. Enumerations
 * are i32 so that strange values do no harm. The calls themselves are spelled in call.c: a generated service
 * would be more code than all of this. */
namespace c_glib Hive

/* TStatusCode: 0 success, 1 success with information, 2 still executing, 3 error, 4 invalid handle */
struct Status {
  1: required i32 statusCode
  3: optional binary sqlState
  5: optional binary errorMessage
}

struct HandleIdentifier {
  1: required binary guid
  2: required binary secret
}
struct SessionHandle {
  1: required HandleIdentifier sessionId
}
struct OperationHandle {
  1: required HandleIdentifier operationId
  2: required i32 operationType
  3: required bool hasResultSet
}

/* --- sessions */

struct OpenSessionRequest {
  1: required i32 clientProtocol
  2: optional string username
  4: optional map<string, string> configuration
}
struct OpenSessionResponse {
  1: required Status status
  2: required i32 serverProtocolVersion
  3: optional SessionHandle sessionHandle
}

/* For CloseSession. */
struct SessionRequest {
  1: required SessionHandle sessionHandle
}
/* For CloseSession, CancelOperation and CloseOperation. */
struct StatusResponse {
  1: required Status status
}

/* TGetInfoType: 17 the name of the product, 18 its version */
struct GetInfoRequest {
  1: required SessionHandle sessionHandle
  2: required i32 infoType
}
struct InfoValue {
  1: optional binary stringValue
}
struct GetInfoResponse {
  1: required Status status
  2: required InfoValue infoValue
}

/* --- statements */

struct ExecuteStatementRequest {
  1: required SessionHandle sessionHandle
  2: required string statement
  4: optional bool runAsync
  5: optional i64 queryTimeout
}
struct ExecuteStatementResponse {
  1: required Status status
  2: optional OperationHandle operationHandle
}

/* For GetOperationStatus, GetResultSetMetadata, CancelOperation and CloseOperation. */
struct OperationRequest {
  1: required OperationHandle operationHandle
}
/* TOperationState: 0 initialized, 1 running, 2 finished, 3 cancelled, 4 closed, 5 error, 6 unknown, 7 pending,
 * 8 timed out */
struct OperationStatusResponse {
  1: required Status status
  2: optional i32 operationState
  3: optional binary sqlState
  5: optional binary errorMessage
}

/* --- results */

/* TTypeId, see enum hive_type in hiveserver2.h */
struct PrimitiveTypeEntry {
  1: required i32 type
}
struct TypeEntry {
  1: optional PrimitiveTypeEntry primitiveEntry
}
struct TypeDescription {
  1: required list<TypeEntry> types
}
struct ColumnDescription {
  1: required binary columnName
  2: required TypeDescription typeDesc
}
struct TableSchema {
  1: required list<ColumnDescription> columns
}
struct MetadataResponse {
  1: required Status status
  2: optional TableSchema schema
}

/* Bit i of `nulls`, from the lowest of the first byte on: value i is NULL. */
struct BoolColumn {
  1: required list<bool> values
  2: required binary nulls
}
struct ByteColumn {
  1: required list<i8> values
  2: required binary nulls
}
struct I16Column {
  1: required list<i16> values
  2: required binary nulls
}
struct I32Column {
  1: required list<i32> values
  2: required binary nulls
}
struct I64Column {
  1: required list<i64> values
  2: required binary nulls
}
struct DoubleColumn {
  1: required list<double> values
  2: required binary nulls
}
/* Both string and binary columns. */
struct BytesColumn {
  1: required list<binary> values
  2: required binary nulls
}
struct Column {
  1: optional BoolColumn boolVal
  2: optional ByteColumn byteVal
  3: optional I16Column i16Val
  4: optional I32Column i32Val
  5: optional I64Column i64Val
  6: optional DoubleColumn doubleVal
  7: optional BytesColumn stringVal
  8: optional BytesColumn binaryVal
}
struct RowSet {
  1: required i64 startRowOffset
  3: optional list<Column> columns
}
struct FetchResultsRequest {
  1: required OperationHandle operationHandle
  2: required i32 orientation
  3: required i64 maxRows
}
struct FetchResultsResponse {
  1: required Status status
  3: optional RowSet results
}
