//! A running PostgreSQL: `DATABASE_URL`, by default the one of this machine. Tests work in a database of their own.

mod common;

use common::Wire;
use common::database::{Database, Schema, server};
use common::trail;
use second_factor::{
    AccountId, AccountRecord, AuditEvent, Change, Expected, Revision, Store, Swap, testing::Suite,
};
use second_factor_stores::postgres::{CREATE, LOAD, PRUNE, PostgresStore, SWAP, SWAP_WITH_EVENTS, TRAIL};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor, Row};

async fn read(_: &PostgresStore, schema: &Schema, account: &AccountId) -> Vec<AuditEvent> {
    let rows = sqlx::query(TRAIL).bind(account.as_str()).fetch_all(&schema.pool).await.unwrap();
    trail::events(rows.iter().map(|row| row.get(0)))
}

/// From now on the trail takes no event.
const BLOCK: &str =
    "CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space left'; END $$;
    CREATE TRIGGER is_full BEFORE INSERT ON second_factor_trail FOR EACH ROW EXECUTE FUNCTION is_full()";
const UNBLOCK: &str = "DROP FUNCTION is_full CASCADE";

async fn execute(schema: &Schema, statements: &'static str) {
    schema.pool.execute(statements).await.unwrap();
}

async fn conforms(settings: &[(&str, &str)]) {
    let Some(database) = Database::create().await else { return };
    let report = Suite::new(async || Schema::create(&database, settings).await)
        .another(Schema::open)
        .reopen(Schema::open)
        .fail(async |_: &PostgresStore, schema: &Schema| schema.pool.close().await)
        .trail(read)
        .block_trail(
            async |_: &PostgresStore, schema: &Schema| execute(schema, BLOCK).await,
            async |_: &PostgresStore, schema: &Schema| execute(schema, UNBLOCK).await,
        )
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await;
    println!("{report}");
    report.assert_complete();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms() {
    conforms(&[]).await;
}

/// Of two writers the second then fails with 40001, where under READ COMMITTED it would find the row changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms_under_repeatable_read() {
    conforms(&[("default_transaction_isolation", "repeatable read")]).await;
}

#[tokio::test]
async fn each_statement_looks_up_by_the_primary_key() {
    let Some(database) = Database::create().await else { return };
    let (_store, schema) = Schema::create(&database, &[]).await;
    for statement in [
        "INSERT INTO second_factor (account, revision, record)
            SELECT md5(n::text), n, '' FROM generate_series(1, 20000) n",
        "INSERT INTO second_factor_trail (account, revision, sequence, at, event)
            SELECT md5(n::text), n, 1, n, '{}' FROM generate_series(1, 20000) n",
        "ANALYZE second_factor",
        "ANALYZE second_factor_trail",
    ] {
        sqlx::query(statement).execute(&schema.pool).await.unwrap();
    }
    for statement in [LOAD, SWAP, SWAP_WITH_EVENTS] {
        let explain = AssertSqlSafe(format!("EXPLAIN {statement}"));
        let explain = sqlx::query(explain).bind("alice");
        let explain = if statement == LOAD { explain } else { explain.bind("").bind(2_i64).bind(1_i64) };
        let explain = if statement == SWAP_WITH_EVENTS { explain.bind("[]") } else { explain };
        let plan = explain.fetch_all(&schema.pool).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("Index Scan using second_factor_pkey"), "{plan}");
        assert!(plan.contains("Index Cond: (account = 'alice'::text)"), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
    let create = sqlx::query(AssertSqlSafe(format!("EXPLAIN {CREATE}"))).bind("alice").bind("").bind(1_i64);
    let plan = create.fetch_all(&schema.pool).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    assert!(plan.iter().any(|line| line.contains("Conflict Resolution: NOTHING")), "{plan:?}");
    for (statement, index) in
        [(TRAIL, "second_factor_trail_account"), (PRUNE, "Bitmap Index Scan on second_factor_trail_at")]
    {
        let explain = sqlx::query(AssertSqlSafe(format!("EXPLAIN {statement}")));
        let explain = if statement == TRAIL { explain.bind("alice") } else { explain.bind(10_i64) };
        let plan = explain.fetch_all(&schema.pool).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    }
}

/// By default PostgreSQL moves a value out of a row of more than two kilobytes. A record with many devices has more, and each swap
/// would write two tables and compress what does not compress.
#[tokio::test]
async fn a_record_of_the_usual_size_stays_in_its_row() {
    let Some(database) = Database::create().await else { return };
    let (_store, schema) = Schema::create(&database, &[]).await;
    let text = "SELECT string_agg(md5(n::text), '') FROM generate_series(1, 80) n";
    let text: String = sqlx::query(text).fetch_one(&schema.pool).await.unwrap().get(0);
    sqlx::query(CREATE).bind("alice").bind(&text).bind(1_i64).execute(&schema.pool).await.unwrap();
    let sizes = "SELECT pg_column_size(record), pg_relation_size(reltoastrelid)
        FROM second_factor, pg_class WHERE pg_class.oid = 'second_factor'::regclass";
    let sizes = sqlx::query(sizes).fetch_one(&schema.pool).await.unwrap();
    assert_eq!(sizes.get::<i32, _>(0), 4 + 80 * 32, "neither moved nor compressed");
    assert_eq!(sizes.get::<i64, _>(1), 0);
}

#[tokio::test]
async fn a_login_is_three_round_trips() {
    let Some(database) = Database::create().await else { return };
    let (_store, schema) = Schema::create(&database, &[]).await;
    let wire = Wire::to(format!("{}:{}", server().get_host(), server().get_port())).await;
    let options = schema.options.clone().host("127.0.0.1").port(wire.port);
    let pool = PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect_lazy_with(options);
    common::a_login_is_three_round_trips(PostgresStore::migrate(pool).await.unwrap(), &wire).await;
}

/// A deferred constraint fails at the commit, which comes after the statement.
#[tokio::test]
async fn a_commit_that_fails_is_an_error() {
    let Some(database) = Database::create().await else { return };
    let (store, schema) = Schema::create(&database, &[]).await;
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    let [first, second] = [1, 2].map(Revision::new);
    let create = Change::new(Expected::Absent, first, &record, &[]);
    assert_eq!(store.compare_and_swap(&alice, create).await.unwrap(), Swap::Stored);
    for statement in [
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'at the commit'; END $$",
        "CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON second_factor
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fails()",
    ] {
        sqlx::query(statement).execute(&schema.pool).await.unwrap();
    }
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    store.compare_and_swap(&alice, swap).await.unwrap_err();
    let bob = AccountId::new("bob").unwrap();
    let record = AccountRecord::new(bob.clone());
    store.compare_and_swap(&bob, Change::new(Expected::Absent, first, &record, &[])).await.unwrap_err();
    assert_eq!(store.load(&alice).await.unwrap().unwrap().revision, first);
    assert!(store.load(&bob).await.unwrap().is_none());
}

#[tokio::test]
async fn a_trail_is_pruned_and_can_be_done_without() {
    let Some(database) = Database::create().await else { return };
    let (store, schema) = Schema::create(&database, &[]).await;
    let alice = AccountId::new("alice").unwrap();
    trail::three_changes(&store).await;
    assert_eq!(trail::times(&read(&store, &schema, &alice).await), [30, 31, 10, 40, 41]);
    let pruned = sqlx::query(PRUNE).bind(31_i64).execute(&schema.pool).await.unwrap();
    assert_eq!(pruned.rows_affected(), 3, "of bob as well");
    assert_eq!(trail::times(&read(&store, &schema, &alice).await), [31, 40, 41]);
    let without = store.clone().without_trail();
    assert_eq!(trail::swap(&without, "alice", trail::at(8), 3, &[50]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&read(&store, &schema, &alice).await), [31, 40, 41]);
    let columns =
        "SELECT revision, sequence, at FROM second_factor_trail WHERE account = 'alice' ORDER BY number";
    let columns = sqlx::query(columns).fetch_all(&schema.pool).await.unwrap();
    let columns: Vec<(i64, i32, i64)> =
        columns.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(columns, [(9, 2, 31), (8, 1, 40), (8, 2, 41)]);
}
