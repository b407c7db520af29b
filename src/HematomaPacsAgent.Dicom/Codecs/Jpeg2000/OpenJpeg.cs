using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The system's libopenjp2 (2.x), which decodes JPEG 2000 and, from 2.5 on, High-Throughput JPEG 2000. A C library and hostile
/// streams: it is only ever
/// called in a process that may die.</summary>
/// <remarks>ISO 15444-1, -15; openjpeg.h of OpenJPEG 2.5</remarks>
internal static unsafe partial class OpenJpeg
{
    private const string Library = "openjp2";
    private const int RawCodestream = 0, Jp2File = 2;

    // The parameters are 8.2 KiB, most of it file names that are not used; the library fills in its own defaults.
    private const int ParametersSize = 16 * 1024;

    private static readonly string[] FileNames = ["libopenjp2.so.7", "libopenjp2.7.dylib", "openjp2.dll", "libopenjp2.so"];

    static OpenJpeg() => NativeLibrary.SetDllImportResolver(typeof(OpenJpeg).Assembly, (name, _, _) => name == Library ? Load() : 0);

    /// <summary>Whether the library is on this machine.</summary>
    public static bool IsInstalled => Load() != 0;

    /// <summary>Decodes one codestream into <paramref name="target"/>.</summary>
    /// <exception cref="DicomFormatException">It is damaged, or its header does not agree with <paramref name="format"/>; that is seen
    /// before memory is taken.</exception>
    public static void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target)
    {
        fixed (byte* bytes = stream)
        {
            Source source = new() { Bytes = bytes, Length = stream.Length };
            nint input = opj_stream_create(64 * 1024, isInput: 1);
            nint codec = opj_create_decompress(stream.StartsWith(Jpeg2000Codestream.Jp2Signature) ? Jp2File : RawCodestream);
            Image* image = null;
            byte* parameters = (byte*)NativeMemory.AllocZeroed(ParametersSize);
            try
            {
                opj_stream_set_user_data(input, &source, null);
                opj_stream_set_user_data_length(input, (ulong)stream.Length);
                opj_stream_set_read_function(input, &Read);
                opj_stream_set_skip_function(input, &Skip);
                opj_stream_set_seek_function(input, &Seek);
                opj_set_default_decoder_parameters(parameters);
                if (opj_setup_decoder(codec, parameters) == 0) throw new DicomFormatException("libopenjp2 refuses its own defaults");
                if (opj_read_header(input, codec, &image) == 0 || image is null) throw new DicomFormatException("JPEG 2000 header is damaged or cut off");
                int precision = Check(image, format);
                if (opj_decode(codec, input, image) == 0 || opj_end_decompress(codec, input) == 0) throw new DicomFormatException("JPEG 2000 data are damaged or cut off");
                // A palette of a JP2 file makes other components of those in the header.
                if (Check(image, format) != precision) throw new DicomFormatException("JPEG 2000 header and data disagree");
                Copy(image, format, precision, target);
            }
            finally
            {
                NativeMemory.Free(parameters);
                if (image is not null) opj_image_destroy(image);
                opj_destroy_codec(codec);
                opj_stream_destroy(input);
            }
        }
    }

    private static int Check(Image* image, PixelFormat format)
    {
        if (image->Components != format.SamplesPerPixel || image->Comps is null)
            throw new DicomFormatException($"JPEG 2000 image of {image->Components} components, but SamplesPerPixel of the data set is {format.SamplesPerPixel}");
        int precision = (int)image->Comps[0].Precision;
        for (int i = 0; i < image->Components; i++)
        {
            Component component = image->Comps[i];
            if (component.Width != format.Columns || component.Height != format.Rows || component.Dx != 1 || component.Dy != 1)
                throw new DicomFormatException($"JPEG 2000 image of {component.Height} x {component.Width}, but Rows x Columns of the data set is {format.Rows} x {format.Columns}");
            if (component.Precision is 0 || component.Precision > format.BitsAllocated || component.Precision != precision)
                throw new DicomFormatException($"JPEG 2000 samples of {component.Precision} bits, but {format.BitsAllocated} are allocated");
        }

        return precision;
    }

    private static void Copy(Image* image, PixelFormat format, int precision, Span<byte> target)
    {
        SampleLineWriter writer = new(format, precision);
        ushort[] line = new ushort[format.Columns];
        for (int sample = 0; sample < image->Components; sample++)
        {
            int* values = image->Comps[sample].Data;
            if (values is null) throw new DicomFormatException("JPEG 2000 data have no samples of a component");
            for (int row = 0; row < format.Rows; row++)
            {
                for (int column = 0; column < line.Length; column++) line[column] = (ushort)values[(long)row * line.Length + column];
                writer.Write(line, 1, target, row, sample);
            }
        }
    }

    private static nint Load()
    {
        foreach (string file in FileNames)
            if (NativeLibrary.TryLoad(file, typeof(OpenJpeg).Assembly, DllImportSearchPath.SafeDirectories, out nint library)) return library;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Read(byte* target, nuint count, Source* source)
    {
        long left = source->Length - source->Position;
        if (left <= 0) return nuint.MaxValue; // the library's sign for the end
        long read = Math.Min(left, (long)Math.Min(count, long.MaxValue));
        Buffer.MemoryCopy(source->Bytes + source->Position, target, (long)count, read);
        source->Position += read;
        return (nuint)read;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Skip(long count, Source* source)
    {
        if (count < 0 || count > source->Length - source->Position) count = source->Length - source->Position;
        source->Position += count;
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Seek(long position, Source* source)
    {
        if (position < 0 || position > source->Length) return 0;
        source->Position = position;
        return 1;
    }

    private struct Source
    {
        public byte* Bytes;
        public long Length, Position;
    }

    // opj_image_t and opj_image_comp_t as openjpeg.h lays them out.
    [StructLayout(LayoutKind.Sequential)]
    private struct Image
    {
        public uint X0, Y0, X1, Y1, Components;
        public int ColorSpace;
        public Component* Comps;
        public byte* IccProfile;
        public uint IccProfileLength;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Component
    {
        public uint Dx, Dy, Width, Height, X0, Y0, Precision, Bpp, IsSigned, Resolution, Factor;
        public int* Data;
        public ushort Alpha;
    }

    [LibraryImport(Library)] private static partial nint opj_stream_create(nuint bufferSize, int isInput);
    [LibraryImport(Library)] private static partial void opj_stream_destroy(nint stream);
    [LibraryImport(Library)] private static partial void opj_stream_set_user_data(nint stream, void* data, void* free);
    [LibraryImport(Library)] private static partial void opj_stream_set_user_data_length(nint stream, ulong length);
    [LibraryImport(Library)] private static partial void opj_stream_set_read_function(nint stream, delegate* unmanaged[Cdecl]<byte*, nuint, Source*, nuint> read);
    [LibraryImport(Library)] private static partial void opj_stream_set_skip_function(nint stream, delegate* unmanaged[Cdecl]<long, Source*, long> skip);
    [LibraryImport(Library)] private static partial void opj_stream_set_seek_function(nint stream, delegate* unmanaged[Cdecl]<long, Source*, int> seek);
    [LibraryImport(Library)] private static partial nint opj_create_decompress(int format);
    [LibraryImport(Library)] private static partial void opj_destroy_codec(nint codec);
    [LibraryImport(Library)] private static partial void opj_set_default_decoder_parameters(byte* parameters);
    [LibraryImport(Library)] private static partial int opj_setup_decoder(nint codec, byte* parameters);
    [LibraryImport(Library)] private static partial int opj_read_header(nint stream, nint codec, Image** image);
    [LibraryImport(Library)] private static partial int opj_decode(nint codec, nint stream, Image* image);
    [LibraryImport(Library)] private static partial int opj_end_decompress(nint codec, nint stream);
    [LibraryImport(Library)] private static partial void opj_image_destroy(Image* image);
}
