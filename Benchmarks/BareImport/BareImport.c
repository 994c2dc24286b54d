// SQLite without anything around it, as quick as its C interface lets it be: prepared statements, static blobs,
// the same pragmas, tables, rows, sizes and transactions as an import.

#include "BareImport.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const pragmas =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;"
    "PRAGMA checkpoint_fullfsync = ON; PRAGMA secure_delete = ON;";

static const char *const rows =
    "SELECT ROWID, guid, text, handle_id, subject, attributedBody, service, date, date_read, date_delivered,"
    " is_from_me, item_type, group_title, group_action_type, associated_message_guid, associated_message_type,"
    " balloon_bundle_id, payload_data, expressive_send_style_id, message_summary_info, thread_originator_guid,"
    " date_edited FROM message ORDER BY coalesce(date, 0), ROWID";

struct target {
  sqlite3 *database;
  sqlite3_stmt *record;
  sqlite3_stmt *batch;
  int has_account;
};

static char account[32];

static int open_target(const char *path, int has_account, struct target *target) {
  target->has_account = has_account;
  int status = sqlite3_open(path, &target->database);
  if (status == SQLITE_OK) status = sqlite3_exec(target->database, pragmas, NULL, NULL, NULL);
  const char *schema =
      has_account
          ? "CREATE TABLE batch (account BLOB NOT NULL, first_leaf INTEGER NOT NULL, signed_batch BLOB NOT NULL,"
            " PRIMARY KEY (account, first_leaf)) STRICT, WITHOUT ROWID;"
            "CREATE TABLE record (account BLOB NOT NULL, leaf INTEGER NOT NULL, bytes BLOB,"
            " PRIMARY KEY (account, leaf)) STRICT, WITHOUT ROWID;"
          : "CREATE TABLE batch (first_leaf INTEGER PRIMARY KEY, signed_batch BLOB NOT NULL) STRICT;"
            "CREATE TABLE record (leaf INTEGER PRIMARY KEY, bytes BLOB) STRICT;";
  if (status == SQLITE_OK) status = sqlite3_exec(target->database, schema, NULL, NULL, NULL);
  if (status == SQLITE_OK)
    status = sqlite3_prepare_v2(
        target->database,
        has_account ? "INSERT INTO record (leaf, bytes, account) VALUES (?, ?, ?)"
                    : "INSERT INTO record (leaf, bytes) VALUES (?, ?)",
        -1, &target->record, NULL);
  if (status == SQLITE_OK)
    status = sqlite3_prepare_v2(
        target->database,
        has_account ? "INSERT INTO batch (first_leaf, signed_batch, account) VALUES (?, ?, ?)"
                    : "INSERT INTO batch (first_leaf, signed_batch) VALUES (?, ?)",
        -1, &target->batch, NULL);
  return status;
}

static int insert(struct target *target, sqlite3_stmt *statement, sqlite3_int64 place, const void *bytes, int count) {
  sqlite3_bind_int64(statement, 1, place);
  sqlite3_bind_blob(statement, 2, bytes, count, SQLITE_STATIC);
  if (target->has_account) sqlite3_bind_blob(statement, 3, account, sizeof account, SQLITE_STATIC);
  int status = sqlite3_step(statement);
  sqlite3_reset(statement);
  return status == SQLITE_DONE ? SQLITE_OK : status;
}

static int insert_batch(
    struct target *target, const struct bare_sizes *sizes, size_t number, size_t first, const void *bytes) {
  int status = sqlite3_exec(target->database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (status == SQLITE_OK)
    status = insert(target, target->batch, (sqlite3_int64)first, bytes, sizes->signed_batches[number]);
  for (int index = 0; index < sizes->batch_counts[number] && status == SQLITE_OK; index++)
    status = insert(target, target->record, (sqlite3_int64)first + index, bytes, sizes->records[first + index]);
  return status == SQLITE_OK ? sqlite3_exec(target->database, "COMMIT", NULL, NULL, NULL) : status;
}

/// Reads as many rows as a batch has records, every column of them.
static int read_rows(sqlite3_stmt *reading, int count, uint64_t *sum) {
  for (int index = 0; index < count; index++) {
    int status = sqlite3_step(reading);
    if (status == SQLITE_DONE) return SQLITE_OK;
    if (status != SQLITE_ROW) return status;
    for (int column = sqlite3_column_count(reading) - 1; column >= 0; column--) {
      switch (sqlite3_column_type(reading, column)) {
      case SQLITE_INTEGER: *sum += (uint64_t)sqlite3_column_int64(reading, column); break;
      case SQLITE_NULL: break;
      default: {
        const unsigned char *bytes = sqlite3_column_blob(reading, column);
        int length = sqlite3_column_bytes(reading, column);
        if (length > 0) *sum += bytes[0] + bytes[length - 1];
      }
      }
    }
  }
  return SQLITE_OK;
}

static void close_target(struct target *target) {
  sqlite3_finalize(target->record);
  sqlite3_finalize(target->batch);
  sqlite3_close(target->database);
}

int bare_import(const char *chat, const char *store, const char *relay, const struct bare_sizes *sizes) {
  struct target targets[2];
  memset(targets, 0, sizeof targets);
  sqlite3 *source = NULL;
  sqlite3_stmt *reading = NULL;
  void *bytes = calloc(1, 1 << 24);
  uint64_t sum = 0;
  int status = sqlite3_open_v2(chat, &source, SQLITE_OPEN_READONLY, NULL);
  if (status == SQLITE_OK) status = sqlite3_prepare_v2(source, rows, -1, &reading, NULL);
  if (status == SQLITE_OK) status = open_target(store, 0, &targets[0]);
  if (status == SQLITE_OK) status = open_target(relay, 1, &targets[1]);
  size_t first = 0;
  for (size_t number = 0; number < sizes->batch_count && status == SQLITE_OK; number++) {
    status = read_rows(reading, sizes->batch_counts[number], &sum);
    for (int index = 0; index < 2 && status == SQLITE_OK; index++)
      status = insert_batch(&targets[index], sizes, number, first, bytes);
    first += (size_t)sizes->batch_counts[number];
  }
  sqlite3_finalize(reading);
  sqlite3_close(source);
  close_target(&targets[0]);
  close_target(&targets[1]);
  free(bytes);
  return status != SQLITE_OK ? status : sum == 0 ? SQLITE_CORRUPT : SQLITE_OK;
}
