using FsCheck.Xunit;
using PaliGemma.Training.Cli.Shapes;

namespace PaliGemma.Training.Tests.Shapes;

public class PlaceCodeTests
{
    [Property]
    public bool A_near_place_has_a_more_similar_code_than_one_that_is_farther_away(byte place, byte distance, byte more)
    {
        const int Steps = 1024;
        int near = distance % 8;
        int far = (2 * near) + 8 + more;
        return Likeness(place, place + near) > Likeness(place, place + far);

        static double Likeness(int a, int b) => Code((double)a / Steps).Zip(Code((double)b / Steps), (x, y) => x * y).Sum();
    }

    [Fact]
    public void All_locations_differ()
    {
        IEnumerable<string> codes = Enumerable.Range(0, 1024).Select(location => string.Join(' ', Code(location / 1023.0)));
        Assert.Equal(1024, codes.Distinct(StringComparer.Ordinal).Count());
    }

    private static float[] Code(double place)
    {
        float[] code = new float[PlaceCode.Length];
        PlaceCode.Write(place, code);
        return code;
    }
}
