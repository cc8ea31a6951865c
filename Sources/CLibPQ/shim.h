#pragma once
#include <postgresql/libpq-fe.h>

// The codes of an error's fields are character macros, which Swift does not import.
enum {
    clibpq_field_sqlstate = PG_DIAG_SQLSTATE,
    clibpq_field_message = PG_DIAG_MESSAGE_PRIMARY,
    clibpq_field_detail = PG_DIAG_MESSAGE_DETAIL,
    clibpq_field_function = PG_DIAG_SOURCE_FUNCTION,
    clibpq_field_source = PG_DIAG_SOURCE_FILE,
    clibpq_field_table = PG_DIAG_TABLE_NAME,
    clibpq_field_column = PG_DIAG_COLUMN_NAME,
    clibpq_field_constraint = PG_DIAG_CONSTRAINT_NAME,
    clibpq_field_type = PG_DIAG_DATATYPE_NAME,
};
