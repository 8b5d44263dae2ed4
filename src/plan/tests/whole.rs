//! The plan as a whole: refusal, order, JSON, digest.

use super::*;

#[test]
fn one_error_refuses_everything_and_more_are_counted() {
    world(
        &[file("001_a.sql", B), file("002_b.sql", C), file("003_c.sql", "select 'open")],
        &[row("001", "a", A), row("002", "b", B)],
    )
    .refuses("nothing was run: a string literal is not closed (and 2 more errors)");
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let files = [squashed(), file("003_c.sql", C), file("004_d.sql", "select 4"), file("006_f.sql", "select 5")];
    let rows =
        [row("001", "a", A), bare("2"), row("9", "x", "select 9"), row("005", "f", "select 5"), row("zebra", "", A)];
    let first = world(&files, &rows).plan();
    for turn in 0..rows.len() {
        let mut turned = rows.to_vec();
        turned.rotate_left(turn);
        assert_eq!(world(&files, &turned).plan(), first);
        turned.reverse();
        assert_eq!(world(&files, &turned).plan(), first);
    }
}

#[test]
fn json_is_canonical() {
    let w = world(&[file("001_a.sql", A), file("002_b.sql", B)], &[bare("1")]);
    let digest = w.plan().digest().to_owned();
    assert_eq!(
        w.plan().to_json(),
        format!(
            "{{\"digest\":\"{digest}\",\"decisions\":[{{\"action\":\"skip\",\"code\":\"unverified\",\"version\":\"001\",\
             \"name\":\"a\",\"path\":\"001_a.sql\",\"row\":\"1\",\"message\":\"no checksum is on record\",\
             \"help\":\"the next run records this file's checksum\"}},{{\"action\":\"apply\",\"code\":\"pending\",\
             \"version\":\"002\",\"name\":\"b\",\"path\":\"002_b.sql\",\"transactional\":true,\"statements\":1,\
             \"steps\":1}}],\"findings\":[]}}"
        )
    );
}

#[test]
fn the_digest_is_of_what_is_done_and_of_drift() {
    let digest = |files: &[Migration], rows: &[Row]| world(files, rows).plan().digest().to_owned();
    let two = [file("001_a.sql", A), file("002_b.sql", B)];
    let reviewed = digest(&two, &[row("001", "a", A)]);
    // printf '5 apply 7 pending 3 002 1 b 0  71 sha256:%s \n' "$(printf 'create table b ();' | sha256sum | cut -c1-64)" | sha256sum
    assert_eq!(reviewed, "sha256:73f8588c761b5cbf50505c8ab7a2b3d53efbf591c2ca66fc80e39e2f98e30c45");
    // Stamping is bookkeeping; a path is not identity.
    assert_eq!(digest(&two, &[bare("001")]), reviewed);
    assert_eq!(digest(&[file("x/001_a.sql", A), file("x/002_b.sql", B)], &[bare("001")]), reviewed);
    // Other content, other order of things, other drift: another plan.
    assert_ne!(digest(&[file("001_a.sql", A), file("002_b.sql", C)], &[row("001", "a", A)]), reviewed);
    assert_ne!(digest(&two, &[]), reviewed);
    assert_ne!(digest(&two, &[row("001", "a", A), row("000", "z", C)]), reviewed);
}

#[test]
fn exactly_the_reviewed_plan_or_nothing() {
    let files = [file("001_a.sql", A), file("002_b.sql", B)];
    let reviewed = world(&files, &[row("001", "a", A)]).plan().digest().to_owned();
    assert_eq!(world(&files, &[row("001", "a", A)]).plan().expect(&reviewed), Ok(()));
    let fresh = world(&files, &[]).plan();
    let error = fresh.expect(&reviewed).unwrap_err();
    assert_eq!(error.code(), Code::PlanChanged);
    assert_eq!(
        error.message(),
        format!("nothing was run: the plan is {}, and the one that was reviewed is {reviewed}", fresh.digest())
    );
    assert_eq!(error.help(), "look at the plan as it is now, and ask for that one with the option `expect`");
    // Somebody else was faster: nothing is left to be surprised by.
    assert_eq!(world(&files, &[row("001", "a", A), row("002", "b", B)]).plan().expect(&reviewed), Ok(()));
}

#[test]
fn a_plan_made_again_splits_nothing_twice() {
    let w = world(&[file("001_a.sql", A), file("002_b.sql", STEPS)], &[]);
    let mut cache = Cache::new();
    let first = plan_with(&w.catalog, &w.ledger, &w.options, &mut cache);
    assert!([0, 1].iter().all(|&migration| cache.get(migration).is_some()));
    assert_eq!(plan_with(&w.catalog, &w.ledger, &w.options, &mut cache), first);
}

#[test]
fn every_reason_has_its_public_text() {
    for (reason, text) in Reason::ALL {
        assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{text}\""));
        assert_eq!(reason.as_str(), *text);
    }
}
