using System.Buffers.Binary;
using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Stored values as scanners write them, to Hounsfield units.</summary>
public sealed class StoredPixelsTests : IDisposable
{
    private const int Pixels = 64 * 64;
    private static readonly short[] Values = [-1024, -1000, -37, 0, 40, 77, 1500, 2047];
    private static readonly short[] Expected = [.. Enumerable.Range(0, 8 * Pixels).Select(i => Values[i % Pixels % Values.Length])];
    private readonly StudyFolder study = new();

    [Theory]
    [InlineData(12, 11, false, -1024, 0x0000)]
    [InlineData(12, 11, false, -1024, 0xF000)] // old overlays above the high bit
    [InlineData(12, 11, true, 0, 0x0000)]
    [InlineData(13, 12, true, 0, 0x6000)]
    [InlineData(14, 13, false, -1024, 0xC000)]
    [InlineData(16, 15, true, 0, 0x0000)]
    [InlineData(16, 15, false, -1024, 0x0000)]
    [InlineData(12, 15, false, -1024, 0x000F)] // the value in the upper bits
    [InlineData(12, 13, true, 0, 0xC003)]
    public void Bits_and_signs_of_every_kind_give_the_same_Hounsfield_units(int stored, int high, bool signed, int intercept, int strange)
    {
        Write((image, _) => Store(image, stored, high, signed, intercept, strange));
        Assert.Equal(Expected, study.LoadAny().Volume.Hounsfield);
    }

    [Fact]
    public void Each_slice_has_its_own_rescale()
    {
        Write((image, index) => Store(image, 16, 15, true, 10 * index, 0));
        Assert.Equal(Expected, study.LoadAny().Volume.Hounsfield);
    }

    [Theory]
    [InlineData(-1500, null, -1500)]
    [InlineData(-1500, -1200, -1300)]
    [InlineData(-1200, -1500, -1500)]
    public void Padding_and_its_range_become_air(int padding, int? limit, int stored)
    {
        Write((image, _) =>
        {
            Store(image, 16, 15, true, 100, 0, first: (short)stored);
            image.AddOrUpdate(DicomVR.SS, DicomTag.PixelPaddingValue, padding);
            if (limit is { } to) image.AddOrUpdate(DicomVR.SS, DicomTag.PixelPaddingRangeLimit, to);
        });
        Assert.All(Enumerable.Range(0, 8), slice => Assert.Equal(-1024, study.LoadAny().Volume.Slice(slice)[0]));
        Assert.Equal(Expected[1..Pixels], study.LoadAny().Volume.Hounsfield[1..Pixels]);
    }

    [Fact]
    public void Padding_that_does_not_fit_the_bits_stored_becomes_air_too()
    {
        // -2000 in a 12-bit unsigned image: the word 0xF830, whose lower twelve bits would read as 1048 HU.
        Write((image, _) =>
        {
            Store(image, 12, 11, false, -1024, 0, firstWord: 0xF830);
            image.AddOrUpdate(DicomVR.US, DicomTag.PixelPaddingValue, 0xF830);
        });
        Assert.Equal(-1024, study.LoadAny().Volume.Hounsfield[0]);
    }

    [Theory]
    [InlineData(-3024)]
    [InlineData(-2000)]
    [InlineData(-8192)]
    public void What_lies_outside_the_field_of_reconstruction_becomes_air(int outside)
    {
        Write((image, _) => Store(image, 16, 15, true, 0, 0, first: (short)outside));
        Assert.Equal(-1024, study.LoadAny().Volume.Hounsfield[0]);
    }

    [Fact]
    public void A_high_bit_below_the_bits_stored_is_no_image_and_is_named()
    {
        Write((image, _) => image.AddOrUpdate(DicomTag.BitsStored, (ushort)12).AddOrUpdate(DicomTag.HighBit, (ushort)7));
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(study.LoadAny);
        Assert.Contains("12 bits stored with high bit 7", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => study.Dispose();

    private void Write(Action<DicomDataset, int> change)
    {
        VolumeGeometry geometry = new(64, 64, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. Enumerable.Range(0, 8).Select(k => new Vector3(0, 0, 5 * k))], 5);
        study.Add(1, new Volume(geometry, Expected), change);
    }

    private static void Store(DicomDataset image, int stored, int high, bool signed, int intercept, int strange, short? first = null, ushort? firstWord = null)
    {
        byte[] bytes = new byte[2 * Pixels];
        for (int i = 0; i < Pixels; i++)
        {
            int value = (i == 0 && first is { } given ? given : Expected[i] - intercept) & ((1 << stored) - 1);
            ushort word = (ushort)(value << (high + 1 - stored) | strange);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), i == 0 && firstWord is { } whole ? whole : word);
        }

        image.AddOrUpdate(DicomTag.BitsStored, (ushort)stored).AddOrUpdate(DicomTag.HighBit, (ushort)high)
            .AddOrUpdate(DicomTag.PixelRepresentation, (ushort)(signed ? 1 : 0)).AddOrUpdate(DicomTag.RescaleIntercept, intercept)
            .AddOrUpdate(DicomVR.OW, DicomTag.PixelData, bytes);
    }
}
