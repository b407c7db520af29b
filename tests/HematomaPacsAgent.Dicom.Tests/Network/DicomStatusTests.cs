using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

public sealed class DicomStatusTests
{
    [Theory]
    [InlineData(0x0000, DicomStatusClass.Success, "success")]
    [InlineData(0xFF00, DicomStatusClass.Pending, "pending")]
    [InlineData(0xFE00, DicomStatusClass.Cancel, "cancelled")]
    [InlineData(0xB007, DicomStatusClass.Warning, "stored, data set does not match SOP class")]
    [InlineData(0xA701, DicomStatusClass.Failure, "refused: out of resources")]
    [InlineData(0xA900, DicomStatusClass.Failure, "data set does not match SOP class")]
    [InlineData(0xC123, DicomStatusClass.Failure, "cannot understand")]
    [InlineData(0x0110, DicomStatusClass.Failure, "processing failure")]
    [InlineData(0x0124, DicomStatusClass.Failure, "not authorized")]
    [InlineData(0x4242, DicomStatusClass.Failure, "failure")]
    public void A_status_code_has_its_class_and_words(int code, DicomStatusClass expected, string text)
    {
        DicomStatus status = new((ushort)code);
        Assert.Equal((expected, text, $"0x{code:X4} {text}"), (status.Class, status.Text, status.ToString()));
    }
}
