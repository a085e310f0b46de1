using FsCheck.Xunit;
using PaliGemma.Imaging;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Imaging;

public class ImageFileTests
{
    public static TheoryData<string> Pictures => NamesIn("images");

    public static TheoryData<string> Formats => NamesIn("formats");

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Decoded_pixels_are_those_of_the_reference(string name)
    {
        using GoldenTensors decoded = new("expected", "images", "decoded_u8.safetensors");
        AssertDecoded(decoded.Image(name.Contains("exif6", StringComparison.Ordinal) ? name + ".exif" : name), "images", name);
    }

    /// <summary>JPEG, PNG, WebP, BMP and GIF with grey, palettes, alpha, 16 bits, CMYK, several frames, and every orientation of EXIF.</summary>
    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_format_is_read_as_the_reference_reads_it(string name) =>
        AssertDecoded(ImageFile.Load(Goldens.Path("expected", "formats", name + ".png")), "formats", name);

    [Fact]
    public void A_picture_cut_short_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Goldens.Path("images", "06_large_1500x1000_420.jpg"));
        foreach (int length in new[] { 0, 1, 20, 1000, whole.Length / 2 })
        {
            ModelFileException error = Assert.Throws<ModelFileException>(() => ImageFile.Decode(whole[..length], "photo.jpg"));
            Assert.StartsWith("photo.jpg ", error.Message, StringComparison.Ordinal);
        }
    }

    [Property(MaxTest = 400)]
    public void A_damaged_picture_gives_pixels_or_one_sentence(uint file, uint position, byte value, bool cut)
    {
        string[] files = [.. Directory.EnumerateFiles(Goldens.Path("formats")).Order(StringComparer.Ordinal)];
        byte[] bytes = File.ReadAllBytes(files[file % (uint)files.Length]);
        int place = (int)(position % (uint)bytes.Length);
        bytes[place] = value;
        try
        {
            RgbImage image = ImageFile.Decode(cut ? bytes[..place] : bytes, "picture");
            Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
        }
        catch (ModelFileException error)
        {
            Assert.StartsWith("picture ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(20_000, 20_000)]
    [InlineData(1, 65_536)]
    [InlineData(100_000, 1)]
    public void A_header_of_too_many_pixels_is_refused_without_allocating_them(int width, int height)
    {
        byte[] png = File.ReadAllBytes(Goldens.Path("images", "05_tiny_5x3.png"));
        // Width and height of the header chunk, and its checksum.
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        uint crc = System.IO.Hashing.Crc32.HashToUInt32(png.AsSpan(12, 17));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), crc);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ModelFileException error = Assert.Throws<ModelFileException>(() => ImageFile.Decode(png, "bomb.png"));
        Assert.Contains($"{width} x {height} pixels; expected at most", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void The_size_in_the_header_is_that_of_the_upright_picture() => Assert.All(
        [.. Directory.EnumerateFiles(Goldens.Path("images")), .. Directory.EnumerateFiles(Goldens.Path("formats"))],
        file =>
        {
            RgbImage image = ImageFile.Load(file);
            Assert.Equal((image.Width, image.Height), ImageFile.ReadSize(file));
        });

    [Fact]
    public void A_size_is_read_of_pictures_only()
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => ImageFile.ReadSize(Goldens.Path("README.md")));
        Assert.Contains("README.md is not a picture", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ModelFileException>(() => ImageFile.ReadSize("nowhere.png"));
        Assert.Contains("nowhere.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("nowhere.png", Assert.Throws<ModelFileException>(() => ImageFile.Load("nowhere.png")).Message, StringComparison.Ordinal);

    private static TheoryData<string> NamesIn(string folder) =>
        [.. Directory.EnumerateFiles(Goldens.Path(folder)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static void AssertDecoded(RgbImage expected, string folder, string name)
    {
        RgbImage actual = ImageFile.Load(Goldens.Path(folder, name));
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        // JPEG leaves the rounding of its transform and the interpolation of its colour planes to the decoder.
        int tolerance = name.EndsWith(".jpg", StringComparison.Ordinal) ? 4 : 0;
        for (int i = 0; i < expected.Pixels.Length; i++)
        {
            Assert.True(
                Math.Abs(expected.Pixels[i] - actual.Pixels[i]) <= tolerance,
                $"{name}, row {i / 3 / expected.Width}, column {i / 3 % expected.Width}, channel {i % 3}: "
                    + $"expected {expected.Pixels[i]}, actual {actual.Pixels[i]}");
        }
    }
}
