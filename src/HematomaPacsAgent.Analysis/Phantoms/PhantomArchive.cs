using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Phantoms as arrays for the training recipe: volume.npy (int16 HU), mask.npy (uint8), case.json (signs, volume, spacing).</summary>
public static class PhantomArchive
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(PhantomCase phantom, string folder)
    {
        Directory.CreateDirectory(folder);
        VolumeGeometry geometry = phantom.Volume.Geometry;
        int[] shape = [geometry.Slices, geometry.Rows, geometry.Columns];
        WriteNpy(Path.Combine(folder, "volume.npy"), "<i2", shape, MemoryMarshal.AsBytes(phantom.Volume.Hounsfield.AsSpan()));
        WriteNpy(Path.Combine(folder, "mask.npy"), "|u1", shape, MemoryMarshal.AsBytes(phantom.Hematoma.Voxels.AsSpan()));
        File.WriteAllText(Path.Combine(folder, "case.json"), JsonSerializer.Serialize(new
        {
            seed = phantom.Specification.Seed,
            spacingMm = new[] { geometry.MedianSliceSpacingMm, geometry.RowSpacingMm, geometry.ColumnSpacingMm },
            hematomaMl = phantom.HematomaMl,
            signs = phantom.Signs,
        }, Indented));
    }

    /// <remarks>NumPy format 1.0: magic, header length, a Python dictionary padded to 64 bytes, then the values.</remarks>
    private static void WriteNpy(string path, string type, int[] shape, ReadOnlySpan<byte> values)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}), }}";
        header = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        using FileStream file = File.Create(path);
        file.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0]);
        file.Write(length);
        file.Write(Encoding.ASCII.GetBytes(header));
        file.Write(values);
    }
}
