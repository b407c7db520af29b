using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Data;

public sealed class CharacterSetTests
{
    /// <summary>The examples of PS3.5 annexes H to K that Debian's python3-pydicom installs.</summary>
    [Fact]
    public async Task The_examples_of_the_standard_decode_as_pydicom_decodes_them()
    {
        const string List = """
            import pydicom, glob, os
            from pydicom.data import get_charset_files
            for p in sorted(get_charset_files("*.dcm")):
                d = pydicom.dcmread(p); d.decode()
                print(p + "\t" + str(d.get("PatientName", "")))
            """;
        var (exitCode, output) = await Programs.RunAsync("/usr/bin/python3", ["-c", List], TestContext.Current.CancellationToken);
        if (exitCode != 0) Assert.Skip("python3-pydicom not installed: apt-get install python3-pydicom");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= 15, output);
        Assert.All(lines, line =>
        {
            string[] parts = line.Split('\t');
            Assert.Equal(parts[1].TrimEnd('='), DicomFile.Open(parts[0]).Dataset.GetStringOrEmpty(DicomTag.PatientName).TrimEnd('='));
        });
    }

    [Fact]
    public void Items_of_a_sequence_inherit_the_character_set()
    {
        DicomDataset dataset = new DicomDataset().AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        DicomDataset item = new();
        dataset.AddOrUpdate(DicomTag.ReferencedSeriesSequence, item);
        item.AddOrUpdate(DicomTag.SeriesDescription, "Κεφαλή 頭");
        Assert.Equal("Κεφαλή 頭", item.GetString(DicomTag.SeriesDescription));
    }
}
