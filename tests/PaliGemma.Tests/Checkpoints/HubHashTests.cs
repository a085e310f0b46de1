using System.Security.Cryptography;
using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class HubHashTests
{
    [Theory]
    // git hash-object, sha256sum
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464a")]
    [InlineData("\"ce013625030ba8dba906f756967f9e9ca394464a\"")]
    [InlineData("W/\"CE013625030ba8dba906f756967f9e9ca394464a\"")]
    [InlineData("\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\"")]
    public void A_tag_matches_the_content_that_it_names(string tag)
    {
        HubHash hash = HubHash.Parse(tag)!;
        Assert.True(hash.Matches(Digest(hash, "hello\n"u8)));
        Assert.False(hash.Matches(Digest(hash, "hallo\n"u8)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\"5f3e-61a8\"")]
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464")]
    [InlineData("../../../../../../../../../../../../etc")]
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464g")]
    public void Other_tags_are_no_digest(string? tag) => Assert.Null(HubHash.Parse(tag));

    private static IncrementalHash Digest(HubHash hash, ReadOnlySpan<byte> content)
    {
        IncrementalHash digest = hash.Begin(content.Length);
        digest.AppendData(content);
        return digest;
    }
}
