#pragma once

#include <stddef.h>
#include <stdint.h>

/// What an import leaves in a database: the sizes of its records, and of the signed batch over each batch of them.
struct bare_sizes {
  const int32_t *records;
  size_t record_count;
  const int32_t *signed_batches;
  const int32_t *batch_counts;
  size_t batch_count;
};

/// Reads every message of a Messages database, and inserts blobs of these sizes into two new databases, a
/// transaction for each batch and database: what SQLite alone takes for an import. Gives 0, or SQLite's error.
int bare_import(const char *chat, const char *store, const char *relay, const struct bare_sizes *sizes);

/// Makes a Messages database with this many messages. Gives 0, or SQLite's error.
int bare_make_messages(const char *path, int64_t count);

/// Reads the sizes that an import has left in a relay's database, for `bare_import`; to be freed with
/// `bare_free_sizes`. Gives 0, or SQLite's error.
int bare_read_sizes(const char *relay, struct bare_sizes *sizes);
void bare_free_sizes(struct bare_sizes *sizes);
