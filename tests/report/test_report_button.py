"""The button that a page puts beside its answer."""

from streamlit.testing.v1 import AppTest


def test_the_button_makes_the_report_only_when_it_is_clicked(workspace):
    def script():
        from pages.parts.report_download import report_button
        from tlcore.experiments.results import ExperimentResults
        from tlcore.records import RunStatus

        report_button(
            ExperimentResults(
                experiment="0123456789ab", name="toys", dataset="d", dataset_name="d", status=RunStatus.FINISHED, created_at=""
            )
        )

    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    (button,) = at.get("download_button")
    assert button.proto.label == "Download the report (HTML)"
