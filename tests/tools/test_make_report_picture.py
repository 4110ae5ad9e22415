import struct

import pytest

from tools.make_report_picture import HEIGHT, PICTURE, WIDTH, find_browser, write_page


def test_the_shipped_picture_is_a_png_of_the_size_that_the_script_draws():
    head = PICTURE.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (WIDTH, HEIGHT)


def test_the_page_is_the_report_of_the_reference_run(tmp_path):
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert page.count("leaky_relu") > 2
    assert "<svg" in page
    assert "training time" in page


def test_a_browser_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(SystemExit, match="no browser found: install one of chromium"):
        find_browser()
