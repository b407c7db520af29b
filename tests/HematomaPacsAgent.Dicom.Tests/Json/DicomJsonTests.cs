using TextEncoding = System.Text.Encoding;
using CsCheck;
using HematomaPacsAgent.Dicom.Json;
using HematomaPacsAgent.Dicom.Tests.Encoding;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Json;

public sealed class DicomJsonTests
{
    [Fact]
    public void Any_data_set_comes_back_from_JSON_with_every_value()
    {
        RandomDatasets.Any.Sample(dataset =>
        {
            byte[] json = DicomJson.Serialize(dataset);
            DicomDataset read = Assert.Single(DicomJson.Parse(json));
            if (!dataset.Contains(DicomTag.SpecificCharacterSet)) read.Remove(DicomTag.SpecificCharacterSet);
            Assert.Equal(TextEncoding.UTF8.GetString(json), TextEncoding.UTF8.GetString(DicomJson.Serialize(read)));
        });
    }

    [Fact]
    public void Each_kind_of_value_has_the_form_that_the_standard_gives_it()
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 100")
            .AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "", "AXIAL")
            .AddOrUpdate(DicomTag.AccessionNumber, "")
            .AddOrUpdate(DicomTag.PatientName, "Müller^Jörg=X=Y")
            .AddOrUpdate(new DicomElement(DicomTag.PixelSpacing, DicomVR.DS, "+.50\\1.e1 "u8.ToArray()))
            .AddOrUpdate(new DicomElement(DicomTag.SliceThickness, DicomVR.DS, "5 mm"u8.ToArray()))
            .AddOrUpdate(DicomTag.FrameIncrementPointer, DicomTag.SliceLocation)
            .AddOrUpdate(DicomVR.FD, DicomTag.FloatingPointValue, double.NaN, double.NegativeInfinity, 0.1)
            .AddOrUpdate(DicomVR.OB, DicomTag.PixelData, [1, 2, 3, 4])
            .AddOrUpdate(DicomTag.ReferencedSeriesSequence, new DicomDataset());
        const string expected = """
            {"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080008":{"vr":"CS","Value":["ORIGINAL",null,"AXIAL"]},"00080050":{"vr":"SH"},
            "00081115":{"vr":"SQ","Value":[{}]},
            "00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller^Jörg","Ideographic":"X","Phonetic":"Y"}]},
            "00180050":{"vr":"DS","Value":["5 mm"]},"00280009":{"vr":"AT","Value":["00201041"]},"00280030":{"vr":"DS","Value":[0.50,1e1]},
            "0040A161":{"vr":"FD","Value":["NaN","-inf",0.1]},"7FE00010":{"vr":"OB","InlineBinary":"AQIDBA=="}}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), TextEncoding.UTF8.GetString(DicomJson.Serialize(dataset)));
    }

    [Fact]
    public void Odd_values_keep_what_they_say_and_invent_nothing()
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(new DicomElement(DicomTag.StrainDescription, DicomVR.UC, " a\\ b "u8.ToArray()))
            .AddOrUpdate(new DicomElement(DicomTag.InstanceNumber, DicomVR.IS, "5.0 "u8.ToArray()))
            .AddOrUpdate(new DicomElement(DicomTag.SimpleFrameList, DicomVR.UL, new byte[2]));
        Assert.Equal("""{"00081161":{"vr":"UL"},"00100212":{"vr":"UC","Value":[" a"," b"]},"00200013":{"vr":"IS","Value":["5.0"]}}""",
            TextEncoding.UTF8.GetString(DicomJson.Serialize(dataset)));
    }

    [Fact]
    public void Text_made_to_take_memory_is_refused()
    {
        DicomDataset dataset = new DicomDataset().AddOrUpdate(new DicomElement(DicomTag.StrainDescription, DicomVR.UC, new byte[2_000_000]));
        Assert.Contains("2000000 bytes of text", Assert.Throws<DicomFormatException>(() => DicomJson.Serialize(dataset)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_server_sends_is_read_with_names_numbers_as_text_and_values_elsewhere()
    {
        byte[] json = """
            [{"00100010":{"vr":"PN","Value":[{"Alphabetic":"Wang^XiaoDong","Ideographic":"王^小東"}]},"00280010":{"vr":"US","Value":[512]},
              "00280030":{"vr":"DS","Value":[0.4882812499999999999,"0.5"]},"7FE00010":{"vr":"OW","BulkDataURI":"bulk/1"},"00080050":{"vr":"SH","Value":null}}, {}]
            """u8.ToArray();
        IReadOnlyList<DicomDataset> read = DicomJson.Parse(json);
        Assert.Equal(2, read.Count);
        Assert.Equal("Wang^XiaoDong=王^小東", read[0].GetString(DicomTag.PatientName));
        Assert.Equal(512, read[0].GetSingleValue<int>(DicomTag.Rows));
        Assert.Equal([0.48828125, 0.5], read[0].GetNumbers(DicomTag.PixelSpacing));
        Assert.False(read[0].Contains(DicomTag.PixelData));
    }

    [Theory]
    [InlineData("{", "no JSON")]
    [InlineData("7", "an object is expected")]
    [InlineData("""{"0010":{"vr":"PN"}}""", "0010: a tag of eight hexadecimal digits")]
    [InlineData("""{"00280010":{"vr":"US","Value":[70000]}}""", "00280010: a value is no US")]
    [InlineData("""{"00280010":{"vr":"XX","Value":[1]}}""", "'XX' is no value representation")]
    [InlineData("""{"00081115":{"vr":"SQ","Value":[{"00200011":{"vr":"IS","Value":{}}}]}}""", "00081115/0/00200011: Value is no array")]
    [InlineData("""{"7FE00010":{"vr":"OB","InlineBinary":"???"}}""", "7FE00010: InlineBinary is no base64")]
    public void What_is_no_DICOM_JSON_is_refused_with_the_place(string json, string expected)
    {
        DicomFormatException refusal = Assert.Throws<DicomFormatException>(() => DicomJson.Parse(TextEncoding.UTF8.GetBytes(json)));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_nested_without_end_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"00081115":{"vr":"SQ","Value":[""", 5000));
        Assert.Throws<DicomFormatException>(() => DicomJson.Parse(TextEncoding.UTF8.GetBytes(deep)));
    }

    [Fact]
    public void Mutants_are_read_or_refused() => Fuzz.Run([Seed()], Parse, e => e is DicomFormatException, 3000);

    [Fact(Explicit = true)]
    public void Mutants_are_read_or_refused_for_long() => Fuzz.RunFor(Fuzz.LongStudy, [Seed()], Parse, e => e is DicomFormatException);

    private static void Parse(byte[] mutant)
    {
        foreach (DicomDataset dataset in DicomJson.Parse(mutant)) DicomJson.Serialize(dataset);
    }

    private static byte[] Seed() => DicomJson.Serialize(DicomFile.Open(SharedFiles.Data("seg-sr-dcmqi/sr-example_sr.dcm")).Dataset);
}
