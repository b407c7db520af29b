using System.Text;
using CsCheck;
using HematomaPacsAgent.Analysis.Tables;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Tables;

public sealed class CsvFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Quoted_cells_hold_commas_quotes_and_line_breaks()
    {
        CsvFile table = CsvFile.Parse("Image,Note\r\na.nii,\"x, \"\"y\"\"\r\nz\"\r\n\"b\"\"c\",\r\n", "t.csv");
        Assert.Equal(["Image", "Note"], table.Header);
        Assert.Equal(["a.nii", "x, \"y\"\r\nz"], table.Rows[0].Cells);
        Assert.Equal(["b\"c", ""], table.Rows[1].Cells);
        Assert.Equal([2, 4], table.Rows.Select(row => row.Line));
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4\n")]
    [InlineData("a,b\r\n1,2\r\n3,4")]
    [InlineData("a,b\r1,2\r3,4\r")]
    [InlineData("\uFEFFa,b\n\n1,2\n\n\n3,4\n\n")]
    [InlineData("\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"")]
    public void Line_ends_empty_lines_and_a_byte_order_mark_make_no_difference(string text)
    {
        CsvFile table = CsvFile.Parse(text, "t.csv");
        Assert.Equal(["a", "b"], table.Header);
        Assert.Equal(["1", "2", "3", "4"], table.Rows.SelectMany(row => row.Cells));
    }

    [Theory]
    [InlineData("", "t.csv is empty")]
    [InlineData("a,b\n1,2\n3\n", "t.csv, line 3: 1 cells under 2 columns")]
    [InlineData("a,b\n\"1\n\n\",2\n3,4,5\n", "t.csv, line 5: 3 cells under 2 columns")]
    [InlineData("a,b\n1,\"2\n3,4\n", "t.csv, line 2: a quote is opened and never closed")]
    [InlineData("a,b\n1,\"2\"x\n", "t.csv, line 2: 'x' stands behind a closing quote")]
    [InlineData("a,B,b\n", "t.csv, line 1: the column 'b' is there twice")]
    [InlineData("a;b\n1;2\n", "separated by semicolons")]
    public void What_is_no_table_is_refused_with_its_line(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<CsvException>(() => CsvFile.Parse(text, "t.csv")).Message, StringComparison.Ordinal);

    [Fact]
    public void Columns_are_found_in_any_case_and_blanks_are_kept()
    {
        CsvFile table = CsvFile.Parse("Image, Mask\n a ,b\n", "t.csv");
        Assert.Equal((0, 1, -1), (table.Find("IMAGE"), table.Find(" mask"), table.Find("mask")));
        Assert.Equal(" a ", table.Rows[0].Cells[0]);
    }

    [Fact]
    public void A_file_is_read_as_UTF_8_and_another_encoding_is_told()
    {
        File.WriteAllText(folder["good.csv"], "Größe\nµ\n", new UTF8Encoding(true));
        Assert.Equal("µ", CsvFile.Read(folder["good.csv"]).Rows[0].Cells[0]);
        File.WriteAllBytes(folder["latin.csv"], [.. "Gr"u8, 0xF6, .. "e\n1\n"u8]);
        Assert.Contains("not in UTF-8", Assert.Throws<CsvException>(() => CsvFile.Read(folder["latin.csv"])).Message, StringComparison.Ordinal);
        Assert.Contains("nothing.csv", Assert.Throws<CsvException>(() => CsvFile.Read(folder["nothing.csv"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Char[" ,\"\r\nab;é"].Array[0, 6].Select(chars => new string(chars)).Array[2].Array[1, 5].Sample(rows =>
        {
            string text = CsvFile.Line(["first", "second"]) + string.Concat(rows.Select(CsvFile.Line));
            Assert.Equal(rows.SelectMany(row => row), CsvFile.Parse(text, "t.csv").Rows.SelectMany(row => row.Cells));
        });

    public void Dispose() => folder.Dispose();
}
