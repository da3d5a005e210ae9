import { htmlId } from '../../../src/openedx/processors/usage-key';

describe('htmlId', () => {
  it.each([
    ['block-v1:Campus+BIO1+2026+type@video+block@9f3', '9f3'],
    ['block-v1:Campus+BIO1+2026+block@9f3', '9f3'],
    ['block-v1:Campus+BIO1+2026+branch@draft+version@5f0c0ffee5f0c0ffee5f0c0f+type@video+block@v.1:a~b', 'v.1:a~b'],
    ['block-v1:version@5f0c0ffee5f0c0ffee5f0c0f+type@video+block@9f3', '9f3'],
    ['block-v1:branch@d+version@5f0c0ffee5f0c0ffee5f0c0f+block@9f3', '9f3'],
    ['block-v1:Ünï+BIO1+2026+type@video+block@日本', '日本'],
    ['ccx-block-v1:Campus+BIO1+2026+ccx@3+type@video+block@9f3', '9f3'],
    ['lib-block-v1:Campus+Lib+type@video+block@q', 'q'],
    ['lb:Campus:lib.1:video-x:in_tro', 'lb:Campus:lib.1:video-x:in_tro'],
    ['i4x://Campus/BIO.1/video/Intro', 'i4x-Campus-BIO_1-video-Intro'],
    ['i4x://Campus/BIO1/video/In__tro.1:2', 'i4x-Campus-BIO1-video-In_tro_1_2'],
    ['i4x://Campus/BIO1/video/Intro@draft', 'i4x-Campus-BIO1-video-Intro'],
    ['i4x://Campus/BIO1/vid eo/x', 'i4x-Campus-BIO1-vid_eo-x'],
  ])('is the id of the block for %s', (key, id) => {
    expect(htmlId(key)).toBe(id);
  });

  it.each([
    ['block-v1:Campus+BIO1+type@video+block@9f3'],
    ['block-v1:version@5f0+type@video+block@9f3'],
    ['block-v1:Campus+BIO1+2026+type@video'],
    ['block-v1:Campus+BIO1+2026+type@video+block@a b'],
    ['block-v1:Campus+BIO1+2026+type@video+block@a%b'],
    ['block-v1:Campus+BIO1+2026+type@video+block@x\n'],
    ['lib-block-v1:Campus+Lib+block@q'],
    ['i4x://Campus/BI O1/video/x'],
    ['i4x://Campus/BIO1/video/'],
    ['lb:Campus:lib:video'],
    ['course-v1:Campus+BIO1+2026'],
    [''],
    [5],
    [undefined],
    [`block-v1:${'a+'.repeat(100_000)}`],
  ])('is undefined for a value that is no usage key', (key) => {
    expect(htmlId(key)).toBeUndefined();
  });
});
