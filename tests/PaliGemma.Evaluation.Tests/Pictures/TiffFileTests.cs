using System.Buffers.Binary;
using BitMiracle.LibTiff.Classic;
using PaliGemma.Evaluation.Datasets;
using PaliGemma.Evaluation.Pictures;
using PaliGemma.Evaluation.Tests.Datasets;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Evaluation.Tests.Pictures;

public sealed class TiffFileTests : IDisposable
{
    private const int Width = 7, Height = 5;

    private readonly TemporaryFolder _folder = new();

    /// <summary>[Height, Width, 3], all different.</summary>
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, Width * Height * 3).Select(i => (byte)(i * 2))];

    [Theory]
    [InlineData(Compression.NONE, PlanarConfig.CONTIG, 5, "l")]
    [InlineData(Compression.NONE, PlanarConfig.CONTIG, 2, "b")]
    [InlineData(Compression.LZW, PlanarConfig.CONTIG, 2, "l")]
    [InlineData(Compression.LZW, PlanarConfig.SEPARATE, 2, "b")]
    [InlineData(Compression.ADOBE_DEFLATE, PlanarConfig.CONTIG, 1, "l")]
    [InlineData(Compression.DEFLATE, PlanarConfig.SEPARATE, 5, "l")]
    [InlineData(Compression.PACKBITS, PlanarConfig.SEPARATE, 1, "l")]
    public void RGB_is_read_as_it_was_written(Compression compression, PlanarConfig planes, int rowsPerStrip, string order)
    {
        string path = Write(3, 8, SampleFormat.UINT, compression, planes, rowsPerStrip, i => [Pixels[i]], order);
        RgbImage image = BenchmarkPicture.Load(path);
        Assert.Equal((Width, Height), (image.Width, image.Height));
        Assert.Equal(Pixels, image.Pixels);
        Assert.Equal((Width, Height), BenchmarkPicture.ReadSize(path));
    }

    [Theory]
    [InlineData("l")]
    [InlineData("b")]
    public void Samples_of_more_bits_lose_what_NumPy_would_cut_off(string order)
    {
        string whole = Write(3, 16, SampleFormat.UINT, i => BitConverter.GetBytes((ushort)(Pixels[i] + 512)), order);
        Assert.Equal(Pixels, BenchmarkPicture.Load(whole).Pixels);
        string single = Write(3, 32, SampleFormat.IEEEFP, i => BitConverter.GetBytes(Pixels[i] + 0.9f), order);
        Assert.Equal(Pixels, BenchmarkPicture.Load(single).Pixels);
        string twice = Write(3, 64, SampleFormat.IEEEFP, i => BitConverter.GetBytes(Pixels[i] + 0.9), order);
        Assert.Equal(Pixels, BenchmarkPicture.Load(twice).Pixels);
        double[] far = [double.NaN, -1e300, 1e300];
        string strange = Write(3, 64, SampleFormat.IEEEFP, i => BitConverter.GetBytes(far[i % 3]), order);
        Assert.Equal([0, 0, 255], BenchmarkPicture.Load(strange).Pixels[..3]);
    }

    [Fact]
    public void Grey_has_three_equal_colours_and_a_fourth_sample_is_left_out()
    {
        RgbImage grey = BenchmarkPicture.Load(Write(1, 8, SampleFormat.UINT, i => [Pixels[i]]));
        Assert.Equal(Pixels.Take(Width * Height).SelectMany(value => new[] { value, value, value }), grey.Pixels);
        RgbImage rgb = BenchmarkPicture.Load(Write(4, 8, SampleFormat.UINT, i => [i % 4 == 3 ? (byte)0 : Pixels[(i / 4 * 3) + (i % 4)]]));
        Assert.Equal(Pixels, rgb.Pixels);
    }

    [Fact]
    public void RSVQA_is_read_with_its_pictures_as_published()
    {
        string picture = Write(3, 8, SampleFormat.UINT, i => [Pixels[i]]);
        using SampleData data = new();
        data.With(
            "LR_split_test_questions.json",
            """{"questions": [{"id": 9, "img_id": 156, "type": "presence", "question": "Is a road present?", "active": true}]}""").With(
            "Images_LR/LR_split_test_answers.json", """{"answers": [{"id": 9, "question_id": 9, "answer": "yes", "active": true}]}""");
        File.Copy(picture, Path.Combine(data.Folder.Path, "Images_LR", "156.tif"));
        Example example = Assert.Single(RsVqa.ReadLow(data.Folder));
        Assert.EndsWith("156.tif", Assert.Single(example.Images), StringComparison.Ordinal);
        Assert.Equal(Pixels, BenchmarkPicture.Load(example.Images[0]).Pixels);
    }

    [Theory]
    [InlineData(256, 0, "0 x 5 pixels")]
    [InlineData(256, 60_000, "cannot hold 60000 x 5 pixels")]
    [InlineData(256, 200_000, "at most 65535 along a side")]
    [InlineData(257, 1_000_000_000, "expected at most")]
    [InlineData(257, 6, "strips")]
    [InlineData(258, 1, "1 bits")]
    [InlineData(259, 7, "compression 7")]
    [InlineData(259, 5, "damaged")]
    [InlineData(262, 3, "meaning 3")]
    [InlineData(273, 1_000_000, "a strip lies outside")]
    [InlineData(277, 70, "70 samples")]
    [InlineData(278, 1, "strips")]
    [InlineData(279, 1_000_000_000, "a strip lies outside")]
    [InlineData(339, 6, "format 6")]
    public void A_field_that_lies_is_told_in_one_sentence(int tag, int value, string said)
    {
        byte[] file = File.ReadAllBytes(Write(1, 8, SampleFormat.UINT, i => [Pixels[i]]));
        Set(file, tag, value);
        AssertRefused(file, said);
    }

    [Fact]
    public void A_list_longer_than_the_file_and_a_type_without_a_name_are_refused()
    {
        byte[] file = File.ReadAllBytes(Write(1, 8, SampleFormat.UINT, i => [Pixels[i]]));
        byte[] longer = [.. file];
        BinaryPrimitives.WriteUInt32LittleEndian(longer.AsSpan(Entry(longer, 273) + 4), uint.MaxValue);
        AssertRefused(longer, "field 273");
        byte[] unknown = [.. file];
        BinaryPrimitives.WriteUInt16LittleEndian(unknown.AsSpan(Entry(unknown, 273) + 2), 99);
        AssertRefused(unknown, "field 273");
    }

    [Theory]
    [InlineData(Compression.NONE)]
    [InlineData(Compression.LZW)]
    [InlineData(Compression.ADOBE_DEFLATE)]
    [InlineData(Compression.PACKBITS)]
    public void Files_that_are_cut_short_or_changed_anywhere_are_read_or_refused(Compression compression)
    {
        byte[] file = File.ReadAllBytes(Write(3, 8, SampleFormat.UINT, compression, PlanarConfig.CONTIG, 2, i => [Pixels[i]], "l"));
        for (int length = 0; length < file.Length; length++)
        {
            Try(file[..length]);
        }
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] changed = [.. file];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }
            Try(changed);
        }

        static void Try(byte[] bytes)
        {
            try
            {
                TiffFile.Decode(bytes, "a.tif");
            }
            catch (ModelFileException)
            {
            }
        }
    }

    [Fact]
    public void A_missing_file_is_told_so() => Assert.Contains(
        "no.tif", Assert.Throws<ModelFileException>(() => BenchmarkPicture.Load(_folder.File("no.tif"))).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private static void AssertRefused(byte[] file, string said)
    {
        string message = Assert.Throws<ModelFileException>(() => TiffFile.Decode(file, "a.tif")).Message;
        Assert.StartsWith("a.tif ", message, StringComparison.Ordinal);
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private string Write(int samples, int bits, SampleFormat format, Func<int, byte[]> sample, string order = "l") =>
        Write(samples, bits, format, Compression.NONE, PlanarConfig.CONTIG, Height, sample, order);

    /// <summary>
    /// Writes a picture whose samples are given by their numbers in [Height, Width, samples], in this machine's byte order.
    /// </summary>
    private string Write(
        int samples,
        int bits,
        SampleFormat format,
        Compression compression,
        PlanarConfig planes,
        int rowsPerStrip,
        Func<int, byte[]> sample,
        string order)
    {
        string path = _folder.File("picture.tif");
        using Tiff tiff = Tiff.Open(path, "w" + order);
        tiff.SetField(TiffTag.IMAGEWIDTH, Width);
        tiff.SetField(TiffTag.IMAGELENGTH, Height);
        tiff.SetField(TiffTag.BITSPERSAMPLE, bits);
        tiff.SetField(TiffTag.SAMPLESPERPIXEL, samples);
        tiff.SetField(TiffTag.SAMPLEFORMAT, format);
        tiff.SetField(TiffTag.PHOTOMETRIC, samples == 1 ? Photometric.MINISBLACK : Photometric.RGB);
        tiff.SetField(TiffTag.COMPRESSION, compression);
        tiff.SetField(TiffTag.PLANARCONFIG, planes);
        tiff.SetField(TiffTag.ROWSPERSTRIP, rowsPerStrip);
        bool isPlanar = planes == PlanarConfig.SEPARATE;
        for (int plane = 0; plane < (isPlanar ? samples : 1); plane++)
        {
            for (int y = 0; y < Height; y++)
            {
                IEnumerable<int> numbers = isPlanar
                    ? Enumerable.Range(0, Width).Select(x => (((y * Width) + x) * samples) + plane)
                    : Enumerable.Range(y * Width * samples, Width * samples);
                Assert.True(tiff.WriteScanline([.. numbers.SelectMany(sample)], y, (short)plane));
            }
        }
        return path;
    }

    /// <summary>Changes the first value of a field.</summary>
    private static void Set(byte[] file, int tag, int value)
    {
        int entry = Entry(file, tag);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(entry + 2), 4);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 8), value);
    }

    private static int Entry(byte[] file, int tag)
    {
        int directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(directory));
        return Enumerable.Range(0, count).Select(i => directory + 2 + (12 * i))
            .Single(entry => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(entry)) == tag);
    }
}
