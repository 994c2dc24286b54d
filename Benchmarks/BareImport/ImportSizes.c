#include "BareImport.h"

#include <sqlite3.h>
#include <stdlib.h>

static int read_column(sqlite3 *database, const char *sql, int32_t **values, size_t *count) {
  sqlite3_stmt *statement = NULL;
  int status = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
  size_t room = 0;
  while (status == SQLITE_OK) {
    int step = sqlite3_step(statement);
    if (step == SQLITE_DONE) break;
    if (step != SQLITE_ROW) status = step;
    if (*count == room) {
      room = room == 0 ? 1024 : room * 2;
      int32_t *more = realloc(*values, room * sizeof *more);
      if (more == NULL) status = SQLITE_NOMEM;
      else *values = more;
    }
    if (status == SQLITE_OK) (*values)[(*count)++] = sqlite3_column_int(statement, 0);
  }
  sqlite3_finalize(statement);
  return status;
}

int bare_read_sizes(const char *relay, struct bare_sizes *sizes) {
  sqlite3 *database = NULL;
  int32_t *records = NULL, *signed_batches = NULL, *counts = NULL;
  size_t record_count = 0, signed_batch_count = 0, batch_count = 0;
  int status = sqlite3_open_v2(relay, &database, SQLITE_OPEN_READWRITE, NULL);
  if (status == SQLITE_OK)
    status = read_column(database, "SELECT length(bytes) FROM record ORDER BY leaf", &records, &record_count);
  if (status == SQLITE_OK)
    status = read_column(
        database, "SELECT length(signed_batch) FROM batch ORDER BY first_leaf", &signed_batches, &signed_batch_count);
  if (status == SQLITE_OK)
    status = read_column(
        database,
        "SELECT coalesce(lead(first_leaf) OVER (ORDER BY first_leaf), (SELECT count(*) FROM record)) - first_leaf"
        " FROM batch ORDER BY first_leaf",
        &counts, &batch_count);
  sqlite3_close(database);
  *sizes = (struct bare_sizes){records, record_count, signed_batches, counts, batch_count};
  return status;
}

void bare_free_sizes(struct bare_sizes *sizes) {
  free((void *)sizes->records);
  free((void *)sizes->signed_batches);
  free((void *)sizes->batch_counts);
}
