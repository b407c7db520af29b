using CsCheck;

namespace HematomaPacsAgent.Dicom.Tests.Data;

public sealed class DicomDatasetTests
{
    [Fact]
    public void Derived_UIDs_never_change_and_are_valid()
    {
        Assert.Equal("2.25.29447441122088697454734685252925824986", DicomUID.Derive("a", "b").Value);
        Assert.NotEqual(DicomUID.Derive("a", "b"), DicomUID.Derive("ab"));
        Gen.String.Array.Sample(parts => Assert.True(DicomUID.Derive(parts).IsValid));
    }

    [Theory]
    [InlineData("1.2.840", true)]
    [InlineData("1.02.3", false)]
    [InlineData("1..2", false)]
    [InlineData("", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("1.2345678901234567890123456789012345678901234567890123456789012345", false)]
    public void A_UID_is_digits_and_dots(string text, bool valid) => Assert.Equal(valid, new DicomUID(text).IsValid);

    [Fact]
    public void Any_finite_number_fits_a_decimal_string_and_reads_back_to_thirteen_digits() => Gen.Double.Where(double.IsFinite).Sample(value =>
    {
        string text = DicomDecimalString.Format(value);
        Assert.InRange(text.Length, 1, 16);
        double back = double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Math.Abs(back - value) <= Math.Abs(value) * 1e-9 || Math.Abs(value) < 1e-300, $"{value:R} became {text}");
    });

    [Fact]
    public void Values_read_back_as_they_were_added()
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.Rows, (ushort)512)
            .AddOrUpdate(DicomTag.PixelSpacing, 0.4882812, 0.5)
            .AddOrUpdate(DicomTag.ImageType, "DERIVED", "PRIMARY")
            .AddOrUpdate(DicomTag.NumberOfFrames, 33)
            .AddOrUpdate(DicomTag.FloatingPointValue, Math.PI);
        Assert.Equal(512, dataset.GetSingleValue<ushort>(DicomTag.Rows));
        Assert.Equal([0.4882812, 0.5], dataset.GetNumbers(DicomTag.PixelSpacing));
        Assert.Equal(["DERIVED", "PRIMARY"], dataset.GetStrings(DicomTag.ImageType));
        Assert.Equal(33, dataset.GetSingleValue<int>(DicomTag.NumberOfFrames));
        Assert.Equal(Math.PI, dataset.GetSingleValue<double>(DicomTag.FloatingPointValue));
    }

    [Fact]
    public void A_value_that_breaks_its_representation_is_refused_without_being_repeated()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => new DicomDataset().AddOrUpdate(DicomTag.PatientID, new string('7', 65)));
        Assert.Contains("(0010,0020)", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("777", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new DicomDataset().AddOrUpdate(DicomTag.SeriesDescription, @"a\b"));
        Assert.Throws<ArgumentException>(() => new DicomDataset().AddOrUpdate(DicomTag.Rows, 70000));
    }
}
