using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>What people and scanners write about contrast and kernels, and what it means.</summary>
public sealed class HeaderWordsTests : IDisposable
{
    private readonly StudyFolder study = new();

    [Theory]
    [InlineData("HEAD W/ CONTRAST")]
    [InlineData("HEAD W/CONTRAST")]
    [InlineData("HEAD WITH IV CONTRAST")]
    [InlineData("Schaedel m. KM")]
    [InlineData("HEAD ENHANCED 5.0")]
    [InlineData("CRANE INJECTE")]
    [InlineData("HEAD IV CON")]
    [InlineData("CT HEAD POST")]
    [InlineData("CT HEAD POST 5.0")]
    [InlineData("HEAD WO/W CONTRAST")]
    [InlineData("HEAD WITHOUT AND WITH IV CONTRAST")]
    public void A_description_of_contrast_refuses_the_series(string description) =>
        Assert.Contains("contrast, angiography or perfusion", Refusal(DicomTag.SeriesDescription, description), StringComparison.Ordinal);

    [Theory]
    [InlineData("HEAD NON-ENHANCED")]
    [InlineData("HEAD NON ENHANCED 5.0")]
    [InlineData("UNENHANCED")]
    [InlineData("WITHOUT IV CONTRAST")]
    [InlineData("HEAD NO IV CONTRAST")]
    [InlineData("HEAD W/O CONTRAST")]
    [InlineData("CT HEAD WO CONTRAST")]
    [InlineData("HEAD POST OP")]
    [InlineData("NON CONTRAST")]
    [InlineData("CRANE NON INJECTE")]
    [InlineData("Schaedel ohne KM")]
    public void A_description_of_no_contrast_refuses_nothing(string description)
    {
        Add(DicomTag.SeriesDescription, description);
        Assert.Empty(study.LoadAny().Warnings);
    }

    [Theory]
    [InlineData("NON CONTRAST")]
    [InlineData("Unenhanced")]
    [InlineData("KEIN")]
    [InlineData("W/O")]
    public void An_agent_that_says_none_is_none(string agent)
    {
        Add(DicomTag.ContrastBolusAgent, agent);
        Assert.Empty(study.LoadAny().Warnings);
    }

    [Theory]
    [InlineData("HD BONE")]
    [InlineData("BONEPLUS")]
    [InlineData("Brain Sharp")]
    [InlineData("Inner Ear 2")]
    public void A_sharp_kernel_in_words_refuses_the_series(string kernel) =>
        Assert.Contains("bone or other sharp kernel", Refusal(DicomTag.ConvolutionKernel, kernel), StringComparison.Ordinal);

    [Fact]
    public void A_refused_type_of_image_names_the_setting_that_refuses_it()
    {
        study.Add(1, Blocks, (image, _) => image.AddOrUpdate(DicomTag.ImageType, "DERIVED", "SECONDARY", "MPR"));
        Assert.Contains("ImageType (0008,0008) says MPR, which Series:RefusedImageTypes refuses", Assert.Throws<NotEligibleException>(study.LoadAny).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => study.Dispose();

    private static Volume Blocks => new(new VolumeGeometry(64, 64, Vector3.UnitX, Vector3.UnitY, 1, 1,
        [.. Enumerable.Range(0, 10).Select(k => new Vector3(0, 0, 5 * k))], 5), new short[64 * 64 * 10]);

    private string Refusal(DicomTag tag, string value)
    {
        Add(tag, value);
        return Assert.Throws<NotEligibleException>(study.LoadAny).Message;
    }

    private void Add(DicomTag tag, string value) => study.Add(1, Blocks, (image, _) => image.AddOrUpdate(tag, value));
}
