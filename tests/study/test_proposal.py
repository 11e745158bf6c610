"""What is proposed for tables of each size."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tuner.study.proposal import SIZES, proposal_for

ROWS = [5, 20, 60, 200, 201, 1000, 1001, 5000, 50_000, 500_000, 5_000_000]


@pytest.mark.parametrize("rows", ROWS)
def test_an_epoch_has_a_sane_number_of_steps(rows):
    proposal = proposal_for(rows, 10)
    least, most = proposal.steps(int(0.6 * rows))
    assert most <= 12_000
    assert least >= (2 if rows >= 60 else 1)


@pytest.mark.parametrize("rows", ROWS)
def test_programs_are_few(rows):
    proposal = proposal_for(rows, 2000)
    assert len(proposal.batch_sizes) == 2
    assert len(proposal.widths) <= 3


def test_sixty_rows_have_small_batches_and_a_million_large_ones():
    assert proposal_for(60, 4).batch_sizes == (8, 16)
    assert proposal_for(1_000_001, 4).batch_sizes == (256, 512)


@pytest.mark.parametrize(
    ("rows", "folds", "repeats"), [(10, 0, 1), (20, 5, 3), (200, 5, 3), (201, 5, 1), (1000, 5, 1), (1001, 0, 1)]
)
def test_few_rows_take_turns_and_very_few_do_so_again(rows, folds, repeats):
    proposal = proposal_for(rows, 4)
    assert (proposal.folds, proposal.repeats) == (folds, repeats)


def test_more_rows_want_fewer_epochs_and_weaker_penalties():
    sizes = list(SIZES.values())
    for smaller, larger in pairwise(sizes):
        assert smaller.epochs > larger.epochs
        assert smaller.l2 >= larger.l2
        assert smaller.dropout >= larger.dropout


def test_test_rows_of_a_file_of_their_own_are_not_taken_from_the_others():
    assert proposal_for(5000, 4, test_file=True).test == 0
    assert proposal_for(5000, 4).test == 0.2
    assert proposal_for(500_000, 4).test == 0.1


def test_many_inputs_want_wider_layers_where_rows_allow():
    assert max(proposal_for(5000, 1000).widths) > max(proposal_for(5000, 10).widths)
    assert proposal_for(100, 1000).widths == proposal_for(100, 10).widths
